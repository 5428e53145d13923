package standard

import (
	"fmt"

	"sluice/creds/profile"
)

// CheckProfile reports whether the shared files have the options' profile with settings of credentials. It reads files
// and asks nobody.
func (s *Sources) CheckProfile(o Options) error {
	where, err := s.location()
	if err != nil {
		return err
	}
	shared, err := s.readShared()
	if err != nil {
		return err
	}
	files, err := profile.Parse(shared.config, shared.credentials)
	if err == nil {
		_, err = files.Plan(o.Profile)
	}
	if err != nil {
		return fmt.Errorf("%w (files %s and %s)", err, where.Config, where.Credentials)
	}
	return nil
}
