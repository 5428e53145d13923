package credentials

import (
	"net/http"
	"testing"
)

func TestInstanceWithRole(t *testing.T) {
	runAll(t, []instance{
		{
			name:    "version 2",
			found:   key,
			account: account,
			asked:   once(tokenPath, legacyList, legacyKeys, extendedKeys),
		}, {
			name:    "version 2 without the extended path",
			service: &metadata{faults: map[string]fault{extendedKeys: status(http.StatusNotFound)}},
			found:   key,
			asked:   once(tokenPath, legacyList, legacyKeys, extendedKeys),
		}, {
			name:    "version 2 with a broken extended path",
			service: &metadata{faults: map[string]fault{extendedKeys: status(http.StatusInternalServerError)}},
			found:   key,
			asked:   map[string]int{tokenPath: 1, legacyList: 1, legacyKeys: 1, extendedKeys: 3},
		}, {
			name:    "version 1 in a container with hop limit 1",
			service: &metadata{v1: true, faults: map[string]fault{tokenPath: silent}},
			found:   key,
			account: account,
			asked:   once(tokenPath, legacyList, legacyKeys, extendedKeys),
		},
	})
}

// TestNoInstance: without a metadata service the machine is not an EC2 instance, however the network shows that.
func TestNoInstance(t *testing.T) {
	everySilent := map[string]fault{
		tokenPath:    silent,
		extendedList: silent,
		extendedKeys: silent,
		legacyList:   silent,
		legacyKeys:   silent,
	}
	runAll(t, []instance{
		{name: "packets vanish", deaf: true, notConfigured: true, err: "169.254.169.254", asked: once()},
		{name: "connection is refused", at: "-", notConfigured: true, err: "connection refused"},
		{
			name:          "network is unreachable",
			at:            "-",
			notConfigured: true,
			err:           "network is unreachable",
			env:           map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://192.0.2.1"},
		}, {
			name:          "somebody takes connections and says nothing",
			service:       &metadata{faults: everySilent},
			notConfigured: true,
			asked:         once(tokenPath, legacyList),
		}, {
			name:          "switched off",
			env:           map[string]string{"AWS_EC2_METADATA_DISABLED": "true"},
			notConfigured: true,
			err:           "AWS_EC2_METADATA_DISABLED is true",
			asked:         once(),
		}, {
			name:          "no role",
			service:       &metadata{faults: map[string]fault{legacyList: status(http.StatusNotFound)}},
			notConfigured: true,
			err:           "has no role",
			asked:         once(tokenPath, legacyList),
		}, {
			name:          "empty list of roles",
			service:       &metadata{faults: map[string]fault{legacyList: body("\n")}},
			notConfigured: true,
			err:           "has no role",
			asked:         once(tokenPath, legacyList),
		},
	})
}

// TestTokenRefused: a service that refuses both a token and version 1 is still a metadata service.
func TestTokenRefused(t *testing.T) {
	const hop = "in a container, set the instance's hop limit to 2 or more"
	noV1 := map[string]string{"AWS_EC2_METADATA_V1_DISABLED": "true"}
	forbidden := status(http.StatusForbidden)
	runAll(t, []instance{
		{
			name:    "hop limit 1 and version 2 only",
			service: &metadata{faults: map[string]fault{tokenPath: silent}},
			err:     hop,
			asked:   map[string]int{tokenPath: 2, legacyList: 2},
		}, {
			name: "hop limit 1, version 1 is disabled here",
			service: &metadata{
				v1:     true,
				faults: map[string]fault{tokenPath: silent},
			},
			env:           noV1,
			err:           "the configuration disables version 1: " + hop,
			asked:         once(tokenPath),
			notConfigured: true, // without version 1 the service is silent
		}, {
			name: "no token, version 1 is disabled here",
			service: &metadata{
				v1:     true,
				faults: map[string]fault{tokenPath: forbidden},
			},
			env:   noV1,
			err:   "the configuration disables version 1",
			asked: once(tokenPath),
		}, {
			name:    "empty token",
			service: &metadata{faults: map[string]fault{tokenPath: body("")}},
			err:     "the session token is empty",
			asked:   once(tokenPath),
		}, {
			name: "all is forbidden",
			service: &metadata{faults: map[string]fault{
				tokenPath:  forbidden,
				legacyList: forbidden,
			}},
			err:   "instance metadata is disabled for this instance",
			asked: once(tokenPath, legacyList),
		},
	})
}

func TestEnvironment(t *testing.T) {
	runAll(t, []instance{
		{
			name:    "one attempt",
			service: &metadata{faults: map[string]fault{legacyKeys: times(1, status(http.StatusInternalServerError))}},
			env:     map[string]string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"},
			err:     "HTTP 500",
			asked:   once(tokenPath, legacyList, legacyKeys),
		}, {
			name:    "name of the role",
			env:     map[string]string{"AWS_EC2_INSTANCE_PROFILE_NAME": roleName},
			found:   key,
			account: account,
			asked:   once(tokenPath, legacyKeys, extendedKeys),
		},
	})
	t.Run("IPv6", func(t *testing.T) {
		if world.noIPv6 != nil {
			t.Skipf("there is no IPv6 here: %v", world.noIPv6)
		}
		i := instance{
			at:      ipv6,
			env:     map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"},
			found:   key,
			account: account,
			asked:   once(tokenPath, legacyList, legacyKeys, extendedKeys),
		}
		i.run(t)
	})
}
