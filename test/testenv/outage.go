package testenv

import (
	"strings"
	"sync"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/s3api"
)

// Outage makes an S3 server refuse all writes into some buckets, as S3 does in bad minutes: 503 SlowDown.
// Its zero value refuses nothing.
type Outage struct {
	mu      sync.Mutex
	buckets map[string]bool // guarded by mu
}

// Set begins or ends a bucket's outage.
func (o *Outage) Set(bucket string, down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buckets == nil {
		o.buckets = map[string]bool{}
	}
	o.buckets[bucket] = down
}

func (o *Outage) has(bucket string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buckets[bucket]
}

// Hook is for S3Config.Hooks.
func (o *Outage) Hook() s3api.Option {
	return s3api.WithMiddleware("/", func(c fiber.Ctx) error {
		bucket, _, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/"), "/")
		if write := c.Method() == fiber.MethodPut || c.Method() == fiber.MethodPost; !write || !o.has(bucket) {
			return c.Next()
		}
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationXML)
		return c.Status(fiber.StatusServiceUnavailable).SendString(
			"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
	})
}
