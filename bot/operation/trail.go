package operation

import (
	"strconv"
	"strings"
	"time"
)

// trail completes the data of an event, so that a line of the audit trail can
// be read without the operation, which is not part of the chain and goes with
// retention: which request, when it was asked for (the event's own time is
// when this was decided), by whom from which team, and about what. The client
// token is left out.
func trail(op Operation, data map[string]string) map[string]string {
	all := map[string]string{
		"ref": op.Ref, "team": op.Actor.TeamID, "listener": op.Request.ListenerID, "instance": op.Request.InstanceID,
		"asked_at": stamp(op.AskedAt), "clicked_at": stamp(op.ClickedAt),
	}
	for key, value := range data {
		all[key] = value
	}
	for key, value := range all {
		if value == "" {
			delete(all, key)
		}
	}
	return all
}

// decided adds which policies said so, in which version of the rules.
func decided(data map[string]string, policies []string, digest string) map[string]string {
	for n, id := range policies {
		data["policy_"+strconv.Itoa(n+1)] = id
	}
	data["policy_digest"] = digest
	return data
}

// requestIDs are Zenlayer's, of all attempts, in their order.
func requestIDs(op Operation) string {
	var ids []string
	for _, a := range op.Attempts {
		if a.Fault.RequestID != "" {
			ids = append(ids, a.Fault.RequestID)
		}
	}
	if op.RequestID != "" {
		ids = append(ids, op.RequestID)
	}
	return strings.Join(ids, " ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
