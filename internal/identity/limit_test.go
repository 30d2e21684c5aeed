package identity

import (
	"testing"
	"time"
)

func TestWaitsDoubleUpToAQuarterOfAnHour(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		0: 0, 4: 0, 5: 32 * time.Second, 6: 64 * time.Second, 9: 512 * time.Second, 10: 15 * time.Minute, 99: 15 * time.Minute, 1 << 30: 15 * time.Minute,
	} {
		if got := waitAfter(failures); got != want {
			t.Errorf("waitAfter(%d) = %v, want %v", failures, got, want)
		}
	}
}

func TestAddressesAreCountedByNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"198.51.100.7":         "198.51.100.0/24",
		"::ffff:198.51.100.7":  "198.51.100.0/24",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::":       "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"":                     "",
		"a name":               "a name",
	} {
		if got := network(in); got != want {
			t.Errorf("network(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestKnownAddressesAreKeptAsDigestsOfOnePerson(t *testing.T) {
	a := addressDigest("p", "198.51.100.7")
	if len(a) != 64 || a == addressDigest("q", "198.51.100.7") || a == addressDigest("p", "198.51.100.8") {
		t.Error("two people or two addresses share a digest")
	}
	if addressDigest("p", "2001:db8:1:2::1") != addressDigest("p", "2001:db8:1:2::2") {
		t.Error("a device whose IPv6 address changes is not known again")
	}
}

func TestFailuresOfANetworkAreForgivenOneEveryTwoSeconds(t *testing.T) {
	a := newAddresses()
	for i := range addressFailures {
		if wait := a.wait("n", start); wait != 0 {
			t.Fatalf("before failure %d: wait %v", i+1, wait)
		}
		a.note("n", start)
	}
	for after, want := range map[time.Duration]time.Duration{0: addressEvery, time.Second: time.Second, addressEvery: 0, time.Minute: 0} {
		if wait := a.wait("n", start.Add(after)); wait != want {
			t.Errorf("%v after %d failures: wait %v, want %v", after, addressFailures, wait, want)
		}
	}
	if wait := a.wait("m", start); wait != 0 {
		t.Errorf("another network: wait %v", wait)
	}
}

func TestNetworksTakeUpBoundedRoom(t *testing.T) {
	a := newAddresses()
	for i := range maxNetworks + 100 {
		a.note(string(rune(0x4e00+i)), start)
		if len(a.all) > maxNetworks {
			t.Fatalf("%d networks are kept, want at most %d", len(a.all), maxNetworks)
		}
	}
	a.note("late", start.Add(time.Hour))
	if len(a.all) != 1 {
		t.Errorf("%d networks are kept an hour later, want the last one", len(a.all))
	}
}

func TestMemoriesAreBounded(t *testing.T) {
	b := newBounded[int]()
	name := func(i int) string { return string(rune(0x10000 + i)) }
	for i := range 2 * maxRemembered {
		b.keep(name(i), i)
		if len(b.all) > maxRemembered {
			t.Fatalf("%d entries are kept, want at most %d", len(b.all), maxRemembered)
		}
	}
	if v, ok := b.find(name(2*maxRemembered - 1)); !ok || v != 2*maxRemembered-1 {
		t.Errorf("the last entry is %v, %v", v, ok)
	}
	b.drop(func(v int) bool { return v == 2*maxRemembered-1 })
	if _, ok := b.find(name(2*maxRemembered - 1)); ok {
		t.Error("a dropped entry is found")
	}
}
