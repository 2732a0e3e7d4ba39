package operation

import "cmp"

// DifferenceCode names what is different since somebody looked at the listener.
// Stored; add, never change one.
type DifferenceCode string

// The differences that matter to people.
const (
	DiffSettings   DifferenceCode = "settings"    // of the listener: From, To as of SettingsOf
	DiffServer     DifferenceCode = "server"      // the same server is on the listener, as backend To
	DiffName       DifferenceCode = "name"        // the backend name From is taken by backend To
	DiffShare      DifferenceCode = "share"       // of new connections, in percent: Before (or ShareNotKnown), After
	DiffApproval   DifferenceCode = "approval"    // it is needed now
	DiffNoApproval DifferenceCode = "no_approval" // it is not needed any more

	// of a removal
	DiffGone DifferenceCode = "gone" // the entry From is not on the listener any more
	// of the entry: its id belongs to another server now, From, To are the ids of both
	DiffInstance DifferenceCode = "instance"
	DiffPorts    DifferenceCode = "ports"  // of the entry: From, To as Zenlayer writes them
	DiffWeight   DifferenceCode = "weight" // of the entry: Before, After; 0: the list does not show it
	DiffLast     DifferenceCode = "last"   // without the entry, no server on the listener is available now
)

// AllDifferenceCodes lists what may be different.
func AllDifferenceCodes() []DifferenceCode {
	return []DifferenceCode{DiffSettings, DiffServer, DiffName, DiffShare, DiffApproval, DiffNoApproval, DiffGone,
		DiffInstance, DiffPorts, DiffWeight, DiffLast}
}

// ShareNotKnown is Difference.Before if those who looked read no share.
const ShareNotKnown = -1

// Difference is one thing that is different since somebody looked.
type Difference struct {
	Code   DifferenceCode `json:"code"`
	From   string         `json:"from,omitempty"`
	To     string         `json:"to,omitempty"`
	Before int            `json:"before,omitempty"`
	After  int            `json:"after,omitempty"`
}

// Differences implements Change. The share matters if it is at least double, or, if none was
// known before, at least half.
func (a Add) Differences(op Operation, shown, now Picture) []Difference {
	var list []Difference
	if shown.Settings != "" && !SameSettings(shown.Settings, now.Settings) {
		list = append(list, Difference{Code: DiffSettings, From: shown.Settings, To: now.Settings})
	}
	if fresh := added(shown.Same, now.Same); len(fresh) > 0 {
		list = append(list, Difference{Code: DiffServer, To: fresh[0]})
	}
	if fresh := added(shown.Names, now.Names); len(fresh) > 0 {
		list = append(list, Difference{Code: DiffName, From: op.Request.BackendName, To: fresh[0]})
	}
	weight, scheduler := op.Request.Weight, op.Listener.Scheduler
	looked := cmp.Or(ReadSettings(shown.Settings).Scheduler, scheduler) // as it was when they looked
	was, ofWas, known := shown.With(weight).portion(weight, looked)
	is, of, still := now.With(weight).portion(weight, scheduler)
	after, _ := now.Share(weight, scheduler)
	switch {
	case !still || !shown.Read:
	case !known && 2*is >= of: // it may have been anything
		list = append(list, Difference{Code: DiffShare, Before: ShareNotKnown, After: after})
	case known && is*ofWas >= 2*was*of: // not rounded
		before, _ := shown.Share(weight, looked)
		list = append(list, Difference{Code: DiffShare, Before: before, After: after})
	}
	return list
}
