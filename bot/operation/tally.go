package operation

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Denials and previews are limited for each person, so that typing cannot fill the
// disk: the first StoredAlone events of a kind within StoredWithin are stored one
// by one. Further ones are counted and stored as one event of the kind SummaryOf.
const (
	StoredAlone  = 10
	StoredWithin = 10 * time.Minute
)

// SummaryIDs is how many listeners, channels and codes a summary names.
const SummaryIDs = 20

// SummaryOf returns the kind of the summary of a kind of events, empty for
// kinds that are not summarised.
func SummaryOf(kind string) string {
	switch kind {
	case EventDenied:
		return EventDeniedMore
	case EventPreviewed:
		return EventPreviewedMore
	}
	return ""
}

// Tally counts the events of one kind that one person caused. The journal
// stores it: add fields, never change one.
type Tally struct {
	Alone     []time.Time `json:"alone,omitempty"` // times of the events that were stored one by one
	Count     int         `json:"count,omitempty"` // events that were counted since the last summary
	First     time.Time   `json:"first,omitzero"`  // the first of these
	Last      time.Time   `json:"last,omitzero"`
	Name      string      `json:"name,omitempty"` // of the person, for history
	Team      string      `json:"team,omitempty"`
	Channels  []string    `json:"channels,omitempty"`
	Listeners []string    `json:"listeners,omitempty"`
	Codes     []string    `json:"codes,omitempty"`
	More      bool        `json:"more,omitempty"` // Listeners is full, and there were others
}

// Over reports whether the summary must be stored now. It is also true if the clock
// was set back by more than StoredWithin.
func (t Tally) Over(now time.Time) bool {
	return t.Count > 0 && now.Sub(t.First).Abs() >= StoredWithin
}

// Due returns when Over becomes true, zero if nothing is counted.
func (t Tally) Due() time.Time {
	if t.Count == 0 {
		return time.Time{}
	}
	return t.First.Add(StoredWithin)
}

// Note counts an event, or reports true if the caller must store it by itself. Call
// Summary first if Over is true.
func (t *Tally) Note(e Event) (alone bool) {
	t.Alone = slices.DeleteFunc(t.Alone, func(at time.Time) bool { return e.At.Sub(at).Abs() >= StoredWithin })
	if t.Count == 0 && len(t.Alone) < StoredAlone {
		t.Alone = append(t.Alone, e.At)
		return true
	}
	if t.Count++; t.Count == 1 {
		t.First = e.At
	}
	t.Last, t.Name, t.Team = e.At, e.Data["name"], e.Data["team"]
	var whole bool
	if t.Listeners, whole = include(t.Listeners, e.Data["listener"]); !whole {
		t.More = true
	}
	t.Channels, _ = include(t.Channels, e.ChannelID)
	t.Codes, _ = include(t.Codes, e.Data["code"])
	return false
}

// include adds a value that is not in the list, and reports false if the list
// is full.
func include(list []string, value string) ([]string, bool) {
	switch {
	case value == "" || slices.Contains(list, value):
		return list, true
	case len(list) == SummaryIDs:
		return list, false
	}
	return append(list, value), true
}

// Summary returns the event that represents the counted events, and starts a new
// count. It has a channel if all of them happened in the same one.
func (t *Tally) Summary(kind, actorID string) Event {
	e := Event{At: t.Last, Kind: SummaryOf(kind), ActorID: actorID, Data: map[string]string{
		"count": strconv.Itoa(t.Count), "first": stamp(t.First), "last": stamp(t.Last),
		"listeners": strings.Join(t.Listeners, " "), "channels": strings.Join(t.Channels,
			" "), "codes": strings.Join(t.Codes, " "),
		"name": t.Name, "team": t.Team,
	}}
	if len(t.Channels) == 1 {
		e.ChannelID = t.Channels[0]
	}
	if t.More {
		e.Data["more_listeners"] = "yes"
	}
	for key, value := range e.Data {
		if value == "" {
			delete(e.Data, key)
		}
	}
	*t = Tally{Alone: t.Alone}
	return e
}

// Summarised returns how many events an event is: more than one for a summary.
func (e Event) Summarised() int {
	if n, err := strconv.Atoi(e.Data["count"]); err == nil &&
		(e.Kind == EventDeniedMore || e.Kind == EventPreviewedMore) {
		return n
	}
	return 1
}
