package sidecar

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers and paths of EC2's instance metadata service
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
const (
	tokenHeader = "X-aws-ec2-metadata-token"
	ttlHeader   = "X-aws-ec2-metadata-token-ttl-seconds"
	maxTTL      = 6 * time.Hour

	tokenPath    = "/latest/api/token"
	metaPath     = "/latest/meta-data/"
	identityPath = "/latest/dynamic/instance-identity/document"
	rolePath     = metaPath + "iam/security-credentials/"
	extendedPath = metaPath + "iam/security-credentials-extended/"
)

// imds answers as EC2's service does.
func (f *face) imds(w http.ResponseWriter, r *http.Request, path string) {
	refused := f.listener.guard(r)
	switch {
	case refused != nil:
	case path == tokenPath:
		refused = f.issueToken(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refused = errBadMethod()
	case !f.tokenGood(r):
		refused = refuse(http.StatusUnauthorized, "Unauthorized", "Unauthorized")
	case path == rolePath+f.listener.IMDS.Service, path == extendedPath+f.listener.IMDS.Service:
		f.give(w, r, faceIMDS, named(f.listener.IMDS.Service), (*refusal).writeText)
		return
	default:
		refused = f.metadata(w, path)
	}
	if refused != nil {
		f.turnAway(w, r, faceIMDS, refused, (*refusal).writeText)
	}
}

// named is the service of that name: whoever has a session's token may have it.
func named(name string) finder {
	return func(f *face, _ *http.Request) (*service, *refusal) {
		if s := f.server.registry.named(name); s != nil {
			return s, nil
		}
		return nil, errNotFound()
	}
}

// issueToken begins a session.
func (f *face) issueToken(w http.ResponseWriter, r *http.Request) *refusal {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", http.MethodPut)
		return errBadMethod()
	}
	seconds, err := strconv.Atoi(r.Header.Get(ttlHeader))
	ttl := time.Duration(seconds) * time.Second
	if err != nil || seconds < 1 || seconds > int(maxTTL/time.Second) {
		return refuse(http.StatusBadRequest, "BadRequest", "Bad Request")
	}
	headers(w, "text/plain")
	w.Header().Set(ttlHeader, strconv.Itoa(seconds))
	w.Write([]byte(f.server.sessions.issue(f.listener.Address, f.server.opts.Now().Add(ttl))))
	return nil
}

// tokenGood tells whether a request may go on: with a token of ours, or, if
// version 1 is on, with none.
func (f *face) tokenGood(r *http.Request) bool {
	sent := r.Header.Values(tokenHeader)
	if len(sent) == 0 {
		return f.listener.IMDS.V1
	}
	return len(sent) == 1 && f.server.sessions.good(f.listener.Address, sent[0], f.server.opts.Now())
}

// metadata answers what is no key.
func (f *face) metadata(w http.ResponseWriter, path string) *refusal {
	i := f.listener.IMDS
	s := f.server.registry.named(i.Service)
	if s == nil && (strings.HasPrefix(path, strings.TrimSuffix(rolePath, "/"))) {
		return errNotFound()
	}
	region := i.Region
	if region == "" && s != nil {
		region = s.config.Source.Region
	}
	var answer string
	switch strings.TrimSuffix(path, "/") { // botocore asks for the zone with a slash
	case strings.TrimSuffix(metaPath, "/"):
		answer = "iam/\ninstance-id\nplacement/"
	case strings.TrimSuffix(rolePath, "/"), strings.TrimSuffix(extendedPath, "/"):
		answer = i.Service
	case metaPath + "placement/region":
		answer = region
	case metaPath + "placement/availability-zone":
		answer = i.zone(region)
	case metaPath + "instance-id":
		answer = i.InstanceID
	case identityPath:
		answer = i.identity(region)
	}
	if answer == "" {
		return errNotFound()
	}
	headers(w, "text/plain")
	w.Write([]byte(answer))
	return nil
}

// zone is the availability zone. Clients find the region by it: one that is not set is the region's first.
func (i *IMDS) zone(region string) string {
	if i.AvailabilityZone == "" && region != "" {
		return region + "a"
	}
	return i.AvailabilityZone
}

// identity is the instance identity document, as far as it is known. It is not
// signed.
func (i *IMDS) identity(region string) string {
	text, err := json.MarshalIndent(map[string]any{
		"accountId": i.AccountID, "availabilityZone": i.zone(region), "instanceId": i.InstanceID, "region": region,
		"version": "2017-09-30",
	}, "", "  ")
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(text)
}
