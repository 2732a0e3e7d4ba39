package policy_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
)

// permissive permits everything to everybody and names a group.
const permissive = `
@id("all") @approvals("0") permit (principal, action, resource);
@id("not-leads") forbid (principal in Usergroup::"S03LEAD", action == Action::"pause", resource);`

func TestIdentifyDeniesWhatNoPolicyCanAllow(t *testing.T) {
	t.Parallel()
	type world struct {
		d *directory
		q *operation.Question
	}
	person := func(change func(*operation.Person)) func(world) {
		return func(w world) {
			p := w.d.people[sre]
			change(&p)
			w.d.people[sre] = p
		}
	}
	channel := func(change func(*operation.Channel)) func(world) {
		return func(w world) {
			c := w.d.channels[ops]
			change(&c)
			w.d.channels[ops] = c
		}
	}
	group := func(change func(*operation.Group)) func(world) {
		return func(w world) { change(&w.d.groups[2]) }
	}
	tests := map[string]struct {
		change          func(world)
		want            operation.DenialCode
		what            operation.Fact
		person, channel bool
	}{
		"nothing wrong": {func(world) {}, "", "", true, true},
		"home in another workspace": {person(func(p *operation.Person) { p.TeamID = "T99" }), operation.DeniedWorkspace,
			"", false, true},
		"no stranger, but of another organization": {person(func(p *operation.Person) { p.EnterpriseID = "E99" }),
			operation.DeniedWorkspace, "", false, true},
		"our organization, but the person has none": {func(w world) { w.d.workspace.EnterpriseID = "E01" },
			operation.DeniedWorkspace, "", false, true},
		"a stranger": {person(func(p *operation.Person) { p.Stranger = true }),
			operation.DeniedWorkspace, "", false, true},
		"the click came from another workspace": {func(w world) { w.q.Actor.TeamID = "T99" }, operation.DeniedWorkspace,
			"", false, true},
		"the click came from another organization": {func(w world) { w.q.Actor.EnterpriseID = "E99" },
			operation.DeniedWorkspace, "", false, true},
		"typed in another workspace": {func(w world) { w.q.Place.TeamID = "T99" }, operation.DeniedWorkspace,
			"", false, true},
		"the payload names no workspace": {func(w world) { w.q.Actor.TeamID, w.q.Place.TeamID = "", "" }, "",
			"", true, true},
		"a guest of another workspace": {person(func(p *operation.Person) {
			p.Guest, p.TeamID = true, "T99"
		}), operation.DeniedWorkspace, "", false, true},
		"a guest": {person(func(p *operation.Person) { p.Guest = true }), operation.DeniedGuest, "", false, true},
		"a guest bot": {person(func(p *operation.Person) { p.Guest, p.Bot = true, true }), operation.DeniedGuest,
			"", false, true},
		"a bot": {person(func(p *operation.Person) { p.Bot = true }), operation.DeniedBot, "", false, true},
		"a deactivated bot": {person(func(p *operation.Person) { p.Bot, p.Deactivated = true, true }),
			operation.DeniedBot, "", false, true},
		"this bot": {func(w world) { w.q.Actor.UserID = "U0LBBOT" }, operation.DeniedBot, "", false, true},
		"Slackbot, which Slack does not call a bot": {func(w world) { w.q.Actor.UserID = "USLACKBOT" },
			operation.DeniedBot, "", false, true},
		"deactivated": {person(func(p *operation.Person) { p.Deactivated = true }), operation.DeniedDeactivated,
			"", false, true},
		"deactivated, in a shared channel": {func(w world) {
			w.q.Actor.UserID, w.q.Place.ChannelID = gone, shared
		}, operation.DeniedDeactivated, "", false, false},
		"a shared channel": {channel(func(c *operation.Channel) { c.Shared = true }), operation.DeniedShared,
			"", true, false},
		"a shared and archived channel": {channel(func(c *operation.Channel) {
			c.Shared, c.Archived = true, true
		}), operation.DeniedShared, "", true, false},
		"a shared direct message": {channel(func(c *operation.Channel) {
			c.Shared, c.Direct = true, true
		}), operation.DeniedShared, "", true, false},
		"an archived channel": {channel(func(c *operation.Channel) { c.Archived = true }),
			operation.DeniedChannel, "", true, false},
		"a private channel without the bot": {channel(func(c *operation.Channel) { c.Private = true }),
			operation.DeniedChannel, "", true, false},
		"a private channel with the bot": {channel(func(c *operation.Channel) { c.Private, c.Member = true, true }), "",
			"", true, true},
		"a direct message": {channel(func(c *operation.Channel) {
			c.Direct, c.Private, c.Name = true, true, ""
		}), "", "", true, true},
		"a channel Slack does not know": {func(w world) { w.q.Place.ChannelID = "C404" }, operation.DeniedChannel,
			"", true, false},
		"the workspace could not be read": {func(w world) { w.d.workspaceErr = errSlack }, operation.DeniedUnchecked,
			operation.FactWorkspace, false, false},
		"the workspace has no id": {func(w world) { w.d.workspace.TeamID = "" }, operation.DeniedUnchecked,
			operation.FactWorkspace, false, false},
		"the person could not be read": {func(w world) { w.d.personErr = errSlack }, operation.DeniedUnchecked,
			operation.FactPerson, false, true},
		"no person": {func(w world) { w.q.Actor.UserID = "" }, operation.DeniedUnchecked,
			operation.FactPerson, false, true},
		"a person Slack does not know": {func(w world) { w.q.Actor.UserID = "U404" }, operation.DeniedUnchecked,
			operation.FactPerson, false, true},
		"a person without home": {person(func(p *operation.Person) { p.TeamID = "" }),
			operation.DeniedUnchecked, operation.FactPerson, false, true},
		"an answer about another person": {person(func(p *operation.Person) { p.ID = dev }), operation.DeniedUnchecked,
			operation.FactPerson, false, true},
		"the channel could not be read": {func(w world) { w.d.channelErr = errSlack }, operation.DeniedUnchecked,
			operation.FactChannel, true, false},
		"no channel": {func(w world) { w.q.Place.ChannelID = "" }, operation.DeniedUnchecked,
			operation.FactChannel, true, false},
		"a channel without name": {channel(func(c *operation.Channel) { c.Name = "" }),
			operation.DeniedUnchecked, operation.FactChannel, true, false},
		"no channel, where one was due": {func(w world) { w.q.Place.ChannelID = "" },
			operation.DeniedUnchecked, operation.FactChannel, true, false},
		"the bot itself was asked, from no channel": {func(w world) {
			w.q.Place = operation.Place{NoChannel: true}
		}, "", "", true, true},
		"a guest asked the bot itself": {func(w world) {
			person(func(p *operation.Person) { p.Guest = true })(w)
			w.q.Place = operation.Place{NoChannel: true}
		}, operation.DeniedGuest, "", false, true},
		"the result goes to a channel not looked at": {func(w world) { w.q.Place.ResultID = shared }, "",
			"", true, true},
		"groups could not be read": {func(w world) { w.d.groupsErr = errSlack },
			operation.DeniedUnchecked, operation.FactGroups, true, true},
		"a named group is missing": {func(w world) { w.d.without("S03LEAD") }, operation.DeniedUnchecked,
			operation.FactGroups, true, true},
		"no groups at all": {func(w world) { w.d.groups = nil }, operation.DeniedUnchecked,
			operation.FactGroups, true, true},
		"a named group is disabled": {group(func(g *operation.Group) { g.Disabled = true }),
			operation.DeniedUnchecked, operation.FactGroups, true, true},
		"a named group of another organization": {group(func(g *operation.Group) { g.External = true }),
			operation.DeniedUnchecked, operation.FactGroups, true, true},
		"a group nobody named is missing": {func(w world) { w.d.without("S01SRE") }, "", "", true, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world{d: newDirectory(), q: new(question(sre, ops))}
			tt.change(w)
			g := gate(t, w.d, permissive)
			d := g.Decide(t.Context(), *w.q)
			require.Equal(t, tt.want, d.Code)
			require.Equal(t, tt.want == "", d.Allowed)
			require.Equal(t, tt.what, d.What)
			require.Equal(t, tt.person, d.Person)
			require.Equal(t, tt.channel, d.Channel)

			// Admit checks the same, except the groups.
			admitted := g.Admit(t.Context(), w.q.Actor, w.q.Place)
			if tt.what == operation.FactGroups {
				require.True(t, admitted.Allowed)
				return
			}
			require.Equal(t, tt.want, admitted.Code)
			require.Equal(t, d.Allowed, admitted.Allowed)
		})
	}
}

func TestPersonOfAnotherOrganizationIsDenied(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.workspace.EnterpriseID = "E01"
	p := d.people[sre]
	p.EnterpriseID, p.PersonID, p.Teams = "E01", "W01", []string{d.workspace.TeamID}
	d.people[sre] = p
	g := gate(t, d, permissive)
	q := question(sre, ops)
	q.Actor.EnterpriseID, q.Actor.TeamID = "E01", "E01"
	require.True(t, g.Decide(t.Context(), q).Allowed)
	q.Actor.TeamID = "E02"
	require.Equal(t, operation.DeniedWorkspace, g.Decide(t.Context(), q).Code)
}

// TestMembersOfAnOrganizationAreThoseOfOurWorkspace is about an Enterprise
// Grid, where the home of a member may be another workspace, or none.
func TestMembersOfAnOrganizationAreThoseOfOurWorkspace(t *testing.T) {
	t.Parallel()
	const other = "T99"
	tests := map[string]struct {
		person func(*operation.Person)
		click  string // the workspace that the click names
		want   operation.DenialCode
		what   operation.Fact
	}{
		"a member":                   {func(*operation.Person) {}, "", "", ""},
		"no home workspace is named": {func(p *operation.Person) { p.TeamID = "" }, "", "", ""},
		"home in another workspace, member of ours": {func(p *operation.Person) {
			p.TeamID, p.Teams = other,
				[]string{other, p.TeamID}
		}, other, "", ""},
		"a member of another workspace only": {func(p *operation.Person) {
			p.TeamID, p.Teams = other,
				[]string{other}
		}, "", operation.DeniedWorkspace, ""},
		"home here, but a member of none": {func(p *operation.Person) { p.Teams = nil }, "",
			operation.DeniedWorkspace, ""},
		"of another organization": {func(p *operation.Person) { p.EnterpriseID = "E99" }, "",
			operation.DeniedWorkspace, ""},
		"of no organization": {func(p *operation.Person) { p.EnterpriseID = "" }, "", operation.DeniedWorkspace, ""},
		"of no organization and no workspace": {func(p *operation.Person) { p.EnterpriseID, p.TeamID = "", "" },
			"", operation.DeniedUnchecked, operation.FactPerson},
		"the click came from elsewhere": {func(*operation.Person) {}, other, operation.DeniedWorkspace, ""},
		"Slack does not say who they are": {func(p *operation.Person) { p.PersonID = "" }, "",
			operation.DeniedUnchecked, operation.FactPerson},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			d.workspace.EnterpriseID = "E01"
			p := d.people[sre]
			p.EnterpriseID, p.PersonID, p.Teams = "E01", "W01", []string{d.workspace.TeamID}
			tt.person(&p)
			d.people[sre] = p
			q := question(sre, ops)
			if tt.click != "" {
				q.Actor.TeamID = tt.click
			}
			got := gate(t, d, permissive).Decide(t.Context(), q)
			require.Equal(t, tt.want, got.Code)
			require.Equal(t, tt.what, got.What)
			if tt.want == "" {
				require.Equal(t, "W01", got.PersonID)
			}
		})
	}
}

func TestOnePersonWithTwoIDsIsCountedOnceAndIsInTheGroupsOfBoth(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.workspace.EnterpriseID = "E01"
	for id, p := range d.people {
		p.EnterpriseID, p.PersonID, p.Teams = "E01", "W-"+id, []string{d.workspace.TeamID}
		d.people[id] = p
	}
	second := d.people[sre]
	second.ID = "U0SECOND"
	d.people[second.ID] = second
	d.groups = append(d.groups, operation.Group{ID: "S09BOTH", Members: []string{sre, second.ID, dev}},
		operation.Group{ID: "S08ORG", Members: []string{"W-" + sre}})
	g := gate(t, d, `@id("both") permit (principal in Usergroup::"S09BOTH", action == Action::"approve", resource);
@id("org") forbid (principal in Usergroup::"S08ORG", action == Action::"register", resource);
@id("all") @approvals("1") permit (principal, action == Action::"register", resource);`)

	q := question(nobody, ops)
	who, err := g.Who(t.Context(), q, operation.ActionApprove)
	require.NoError(t, err)
	require.Equal(t, []string{sre, dev}, who.IDs, "one person under two ids is one who could agree")
	q = question(sre, ops)
	q.Actor.PersonID = "W-" + sre
	who, err = g.Who(t.Context(), q, operation.ActionApprove)
	require.NoError(t, err)
	require.Equal(t, []string{dev}, who.IDs, "the second id of the asker is the asker")
	require.Equal(t, operation.DeniedForbidden, g.Decide(t.Context(), question(second.ID, ops)).Code,
		"a group that has the id of the organization forbids")
}

func TestOutsideAnOrganizationAPersonHasOneID(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	p := d.people[sre]
	p.PersonID = "W01"
	d.people[sre] = p
	got := gate(t, d, permissive).Decide(t.Context(), question(sre, ops))
	require.True(t, got.Allowed)
	require.Empty(t, got.PersonID)
}

func TestAskingTheBotItselfIsDecidedLikeADirectMessageWithIt(t *testing.T) {
	t.Parallel()
	const src = `@id("private") @approvals("0") permit (principal, action, resource)
		when { context.channel.private && context.channel.name == "" && !context.incident };`
	g := gate(t, newDirectory(), src, func(c *policy.Config) {
		c.IncidentChannels, c.IncidentCreators = []string{"*"}, []string{pagerBot}
	})
	q := question(sre, ops)
	require.False(t, g.Decide(t.Context(), q).Allowed)
	for _, p := range []operation.Place{{ChannelID: direct}, {NoChannel: true}} {
		q.Place = p
		require.True(t, g.Decide(t.Context(), q).Allowed)
		may, d := g.MayChange(t.Context(), q, []operation.Listener{q.Listener})
		require.True(t, d.Allowed)
		require.Equal(t, []bool{true}, may)
		who, err := g.Who(t.Context(), q, operation.ActionRegister)
		require.NoError(t, err)
		require.True(t, who.Everybody)
	}
}

func TestAnIncidentChannelNeedsItsNameAndItsCreator(t *testing.T) {
	t.Parallel()
	const src = `@id("in-incidents") @approvals("0") permit (principal, action, resource) when { context.incident };`
	tests := map[string]struct {
		channel  operation.Channel
		globs    []string
		creators []string
		want     bool
	}{
		"name and creator fit": {operation.Channel{Name: "inc-7", Creator: pagerBot}, []string{"inc-*"},
			[]string{pagerBot}, true},
		"the second pattern fits": {operation.Channel{Name: "incident-7", Creator: pagerBot},
			[]string{"inc-*", "incident-*"}, []string{pagerBot}, true},
		"a private one": {operation.Channel{Name: "inc-7", Creator: pagerBot, Private: true,
			Member: true}, []string{"inc-*"}, []string{pagerBot}, true},
		"created by an ordinary person": {operation.Channel{Name: "inc-7", Creator: nobody}, []string{"inc-*"},
			[]string{pagerBot}, false},
		"created by nobody known": {operation.Channel{Name: "inc-7"}, []string{"inc-*"}, []string{pagerBot, ""}, false},
		"another name": {operation.Channel{Name: "ops-inc-7", Creator: pagerBot}, []string{"inc-*"},
			[]string{pagerBot}, false},
		"no creators are set": {operation.Channel{Name: "inc-7", Creator: pagerBot}, []string{"inc-*"}, nil, false},
		"no patterns are set": {operation.Channel{Name: "inc-7", Creator: pagerBot}, nil, []string{pagerBot}, false},
		"a direct message": {operation.Channel{Name: "inc-7", Creator: pagerBot, Direct: true},
			[]string{"inc-*"}, []string{pagerBot}, false},
		"a pattern for every name there": {operation.Channel{Name: "random", Creator: pagerBot}, []string{"*"},
			[]string{pagerBot}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			tt.channel.ID = "C0TEST"
			d.channels["C0TEST"] = tt.channel
			g := gate(t, d, src, func(c *policy.Config) {
				c.IncidentChannels, c.IncidentCreators = tt.globs, tt.creators
			})
			q := question(sre, "C0TEST")
			require.Equal(t, tt.want, g.Decide(t.Context(), q).Allowed)
			s, err := g.Whoami(t.Context(), q.Actor, q.Place)
			require.NoError(t, err)
			require.Equal(t, tt.want, s.Incident)
			require.Equal(t, tt.want, len(s.Rules) == 1)
		})
	}
}

func TestSlowSlackIsADenialAfterTheLookupTimeout(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.mute = true
	core, logs := observer.New(zap.WarnLevel)
	g := gate(t, d, permissive, func(c *policy.Config) { c.Log = zap.New(core) })
	synctest.Test(t, func(t *testing.T) {
		got := g.Decide(context.Background(), question(sre, ops))
		require.Equal(t, operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactWorkspace}, got)
	})
	require.Equal(t, 1, logs.FilterMessage("permission could not be checked").Len())
	require.Equal(t, "policy lookup timeout",
		logs.FilterMessage("permission could not be checked").All()[0].ContextMap()["cause"])
}

func TestPolicyWithoutGroupsIsDecidedWithoutReadingGroups(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.groupsErr = errSlack
	g := gate(t, d, `@id("ana") @approvals("0") permit (principal == Person::"U0SRE", action, resource) when { `+
		`principal.team == "T01" };`)
	require.True(t, g.Decide(t.Context(), question(sre, direct)).Allowed)
	require.Equal(t, operation.DeniedNoRule, g.Decide(t.Context(), question(dev, direct)).Code)
	s, err := g.Whoami(t.Context(), operation.Actor{UserID: sre}, operation.Place{ChannelID: direct})
	require.NoError(t, err)
	require.Equal(t, []string{"ana"}, s.Rules)
}

func TestFreshQuestionReadsPersonAndChannelAgain(t *testing.T) {
	t.Parallel()
	d, q := newDirectory(), question(sre, ops)
	g := gate(t, d, permissive)
	require.True(t, g.Decide(t.Context(), q).Allowed)
	require.Empty(t, d.forgotten, "a preview may go by what was read a moment ago")
	q.Fresh = true
	require.True(t, g.Decide(t.Context(), q).Allowed)
	require.Equal(t, []forgotten{{sre, ops, 0}}, d.forgotten)
	q.Fresh, q.Last = false, true
	require.True(t, g.Decide(t.Context(), q).Allowed)
	require.Equal(t, forgotten{sre, ops, operation.LastAge}, d.forgotten[1])
}
