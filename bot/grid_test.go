package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAMemberOfAnOrganizationAddsAServer runs the bot in a workspace of an
// Enterprise Grid, for a member whose home Slack does not name and for an
// outsider of the same organization.
func TestAMemberOfAnOrganizationAddsAServer(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	h.slack.SetEnterprise("E0ORG")
	for _, p := range h.slack.People() {
		switch p.ID {
		case ana:
			p.NoTeam, p.EnterpriseUserID, p.Teams = true, "W0ANA", []string{"T0OTHER", p.TeamID}
		case dev:
			p.Teams = []string{"T0OTHER"}
		default:
			continue
		}
		h.slack.SetPerson(p)
	}
	h.start()
	h.types(dev, incident, good)
	h.sees(dev, incident, "belongs to another workspace or organization")
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview", "web-07")
	in := h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
	require.Empty(t, in.Failure)
	h.sees(ana, incident, "Added")
}
