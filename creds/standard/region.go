package standard

import (
	"context"
	"regexp"
	"strings"
	"time"

	"sluice/imds"
)

// regionPatience is how long the metadata service may take to name the region. On EC2 it takes milliseconds; elsewhere
// nobody answers.
const regionPatience = 2 * time.Second

// aRegion matches what may be a region. Whatever else an answer is must be neither a host's name nor in a log.
var aRegion = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`)

// InstanceRegion returns the region of the instance that this process runs on, "" if the metadata service does not name
// one. It asks once in the life of a process, and takes regionPatience at most.
func (s *Sources) InstanceRegion(ctx context.Context, o Options) string {
	l := s.locator(s.settings(o))
	if l == nil {
		return ""
	}
	return l.Region(ctx)
}

// locator finds the instance's region, once. It is a creds.Locator.
type locator struct {
	found  chan struct{} // closed when region is known
	region string
}

// Region waits for the answer.
func (l *locator) Region(ctx context.Context) string {
	select {
	case <-l.found:
		return l.region
	case <-ctx.Done():
		return ""
	}
}

// locator returns the locator for a metadata service, which is being asked from now on; nil if it may not be.
func (s *Sources) locator(t settings) *locator {
	if isTrue(t.env("AWS_EC2_METADATA_DISABLED")) {
		return nil
	}
	o, err := t.imds()
	if err != nil {
		return nil // the chain's source returns the error
	}
	key := ec2Key{endpoint: o.Endpoint, disableV1: o.DisableV1, timeout: o.Timeout, attempts: o.Attempts}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.locators[key]; l != nil {
		return l
	}
	l := &locator{found: make(chan struct{})}
	s.locators[key] = l
	s.asking.Go(func() {
		defer close(l.found)
		ctx, cancel := context.WithTimeout(s.ctx, regionPatience)
		defer cancel()
		region, err := imds.New(o).Get(ctx, "/latest/meta-data/placement/region")
		if region = strings.TrimSpace(region); err == nil && aRegion.MatchString(region) {
			l.region = region
		}
	})
	return l
}
