package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
)

func TestWhatSlackSaysOfPeopleOfAnOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.slack.SetPerson(sandbox.Person{ID: "U0HOME", Name: "home", TeamID: teamID, EnterpriseID: "E0ORG",
		EnterpriseUserID: "W0HOME"})
	d.slack.SetPerson(sandbox.Person{ID: "U0BOTH", Name: "both", TeamID: "T0OTHER", EnterpriseID: "E0ORG",
		Teams: []string{"T0OTHER", teamID}})
	d.slack.SetPerson(sandbox.Person{ID: "U0NONE", Name: "none", EnterpriseID: "E0ORG", NoTeam: true,
		Teams: []string{teamID}})
	for id, want := range map[string]operation.Person{
		"U0HOME": {ID: "U0HOME", Name: "home", TeamID: teamID, EnterpriseID: "E0ORG", PersonID: "W0HOME",
			Teams: []string{teamID}},
		"U0BOTH": {ID: "U0BOTH", Name: "both", TeamID: "T0OTHER", EnterpriseID: "E0ORG", PersonID: "U0BOTH",
			Teams: []string{"T0OTHER", teamID}},
		"U0NONE": {ID: "U0NONE", Name: "none", EnterpriseID: "E0ORG", PersonID: "U0NONE", Teams: []string{teamID}},
	} {
		got, err := d.Person(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAnAppOfTheWholeOrganizationServesNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.slack.SetOrgWide(true)
	_, err := d.Workspace(t.Context())
	setup := &operation.SetupError{}
	require.ErrorAs(t, err, &setup)
	require.Contains(t, setup.Remedy, "install the app in that workspace")
	d.slack.SetOrgWide(false)
	d.clock.move(time.Hour)
	_, err = d.Workspace(t.Context())
	require.NoError(t, err)
}
