package sidecar

import (
	"encoding/json"
	"net/http"
	"strings"

	"sluice/sidecar/config"
)

// serveMetadata answers a request for anything but a key.
func (e *endpoint) serveMetadata(w http.ResponseWriter, path string) *denial {
	instance := e.listener.IMDS
	s := e.server.registry.named(instance.Service)
	if s == nil && strings.HasPrefix(path, strings.TrimSuffix(rolePath, "/")) {
		return denyNotFound
	}
	region := instance.Region
	if region == "" && s != nil {
		region = s.config.Source.Region
	}
	var answer string
	switch strings.TrimSuffix(path, "/") { // botocore asks for the zone with a slash
	case strings.TrimSuffix(metaPath, "/"):
		answer = "iam/\ninstance-id\nplacement/"
	case strings.TrimSuffix(rolePath, "/"), strings.TrimSuffix(extendedPath, "/"):
		answer = instance.Service
	case metaPath + "placement/region":
		answer = region
	case metaPath + "placement/availability-zone":
		answer = zoneOf(instance, region)
	case metaPath + "instance-id":
		answer = instance.InstanceID
	case identityPath:
		answer = identityDocument(instance, region)
	}
	if answer == "" {
		return denyNotFound
	}
	setHeaders(w, "text/plain")
	w.Write([]byte(answer))
	return nil
}

// zoneOf returns the availability zone, by which clients find the region. The
// default is the region's first.
func zoneOf(instance *config.IMDS, region string) string {
	if instance.AvailabilityZone == "" && region != "" {
		return region + "a"
	}
	return instance.AvailabilityZone
}

// identityDocument returns the instance identity document with what is known. It
// is not signed.
func identityDocument(instance *config.IMDS, region string) string {
	text, err := json.MarshalIndent(map[string]any{
		"accountId":        instance.AccountID,
		"availabilityZone": zoneOf(instance, region),
		"instanceId":       instance.InstanceID,
		"region":           region,
		"version":          "2017-09-30",
	}, "", "  ")
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(text)
}
