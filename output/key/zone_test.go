package key_test

import (
	"strings"
	"testing"
	"time"

	"sluice/output/key"
)

func TestParseZone(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{
		"UTC": "12:00 GMT", "": "12:00 GMT", "+0800": "20:00 +0800", "-03:30": "08:30 -03:30",
		"Asia/Kathmandu": "17:45 +0545", "America/New_York": "07:00 EST",
	} {
		z, err := key.ParseZone(name)
		if err != nil {
			t.Errorf("ParseZone(%q): %v", name, err)
			continue
		}
		if got := at.In(z).Format("15:04 MST"); got != want {
			t.Errorf("ParseZone(%q) shows %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"Local", "Berlin", "+8", "+2400", "+0860", "../etc/passwd", "08:00"} {
		if _, err := key.ParseZone(name); err == nil || !strings.Contains(err.Error(), "IANA name") {
			t.Errorf("ParseZone(%q) = %v", name, err)
		}
	}
}

// Times in one window have one key, and times in two have two, whatever the zone does: the first and the last
// second of each, over days with a change of the zone's offset, leap days, and the end of a year.
func TestWindows(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
		"+0807", "Africa/Monrovia"} {
		for _, format := range []string{
			"/%Y/%m/%d/%H/", "/%H%M/", "/%s/", "/%Y/%m/", "/%F %Z/", "/%I%p/", "/%T/", "/x/",
		} {
			tmpl, err := key.Parse(format, key.Options{Zone: zone(name), Static: true})
			if err != nil {
				t.Fatal(err)
			}
			w := tmpl.Windows()
			for _, day := range []time.Time{
				time.Date(2026, 3, 29, 0, 50, 0, 0, time.UTC), // Berlin, forward
				time.Date(2026, 10, 25, 0, 50, 0, 0, time.UTC),
				time.Date(2026, 11, 1, 5, 50, 0, 0, time.UTC), // New York, back
				time.Date(2026, 4, 4, 14, 50, 0, 0, time.UTC), // Lord Howe, half an hour
				time.Date(2028, 2, 28, 23, 50, 0, 0, time.UTC),
				time.Date(2026, 12, 31, 22, 50, 0, 0, time.UTC),
				time.Date(1969, 12, 31, 23, 50, 0, 0, time.UTC),
				time.Date(1972, 1, 7, 0, 40, 0, 0, time.UTC), // Monrovia, 44 minutes and 30 seconds
			} {
				for sec := range 4 * 3600 / 7 {
					at := day.Add(time.Duration(sec) * 7 * time.Second)
					got := tmpl.Render(key.Values{Time: w.Of(at).First})
					if want := tmpl.Render(key.Values{Time: at}); got != want {
						t.Fatalf("%s in %s: the window of %s is that of %s: %s", format, name, at, got, want)
					}
				}
			}
		}
	}
}
