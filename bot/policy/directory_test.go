package policy_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/zenlayer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errSlack = errors.New("slack says no")

// directory is a stand-in for Slack.
type directory struct {
	workspace operation.Workspace
	people    map[string]operation.Person
	channels  map[string]operation.Channel
	groups    []operation.Group

	workspaceErr, personErr, channelErr, groupsErr error
	mute                                           bool // never answers

	forgotten []forgotten
}

type forgotten struct {
	user, channel string
	age           time.Duration
}

func (d *directory) Forget(userID, channelID string, maxAge time.Duration) {
	d.forgotten = append(d.forgotten, forgotten{userID, channelID, maxAge})
}

func (d *directory) wait(ctx context.Context, err error) error {
	if d.mute {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return err
}

func (d *directory) Workspace(ctx context.Context) (operation.Workspace, error) {
	return d.workspace, d.wait(ctx, d.workspaceErr)
}

func (d *directory) Person(ctx context.Context, id string) (operation.Person, error) {
	return d.people[id], d.wait(ctx, d.personErr)
}

func (d *directory) Channel(ctx context.Context, id string) (operation.Channel, error) {
	return d.channels[id], d.wait(ctx, d.channelErr)
}

func (d *directory) Groups(ctx context.Context) ([]operation.Group, error) {
	return d.groups, d.wait(ctx, d.groupsErr)
}

// The ids of the stand-in.
const (
	team     = "T01"
	sre      = "U0SRE"
	dev      = "U0DEV"
	both     = "U0BOTH"
	nobody   = "U0NONE"
	guest    = "U0GUEST"
	robot    = "U0BOT"
	gone     = "U0GONE"
	outsider = "U0OUT"
	stranger = "U0STRANGE"
	incident = "C0INC"
	fake     = "C0FAKE" // named inc-…, created by an ordinary person
	ops      = "C0OPS"
	secret   = "C0SECRET"
	unseen   = "C0UNSEEN"
	shared   = "C0SHARED"
	archived = "C0OLD"
	direct   = "D0DM"
	pagerBot = "U0PAGER"
)

func newDirectory() *directory {
	person := func(id string) operation.Person { return operation.Person{ID: id, TeamID: team, Name: id} }
	d := &directory{
		workspace: operation.Workspace{TeamID: team, BotUserID: "U0LBBOT", AppID: "A01"},
		people: map[string]operation.Person{
			"U0LBBOT": person("U0LBBOT"), "USLACKBOT": person("USLACKBOT"),
			outsider: {ID: outsider, TeamID: "T99"},
			stranger: {ID: stranger, TeamID: team, Stranger: true},
			guest:    {ID: guest, TeamID: team, Guest: true},
			robot:    {ID: robot, TeamID: team, Bot: true},
			gone:     {ID: gone, TeamID: team, Deactivated: true},
		},
		channels: map[string]operation.Channel{
			incident: {ID: incident, Name: "inc-42", Creator: pagerBot, Member: true},
			fake:     {ID: fake, Name: "inc-43", Creator: nobody, Member: true},
			ops:      {ID: ops, Name: "ops", Creator: pagerBot},
			secret:   {ID: secret, Name: "incident-dark", Creator: pagerBot, Private: true, Member: true},
			unseen:   {ID: unseen, Name: "hidden", Private: true},
			shared:   {ID: shared, Name: "inc-44", Creator: pagerBot, Shared: true, Member: true},
			archived: {ID: archived, Name: "inc-01", Creator: pagerBot, Archived: true, Member: true},
			direct:   {ID: direct, Direct: true, Name: "directmessage"},
		},
		groups: []operation.Group{
			{ID: "S01SRE", Handle: "sre", Members: []string{sre, both, guest, robot, gone, outsider, stranger}},
			{ID: "S02DEV", Handle: "dev", Members: []string{dev, both}},
			{ID: "S03LEAD", Handle: "lead"},
			{ID: "S09OFF", Handle: "off", Members: []string{sre, dev}, Disabled: true},
			{ID: "S09EXT", Handle: "ext", Members: []string{sre, dev}, External: true},
		},
	}
	for _, id := range []string{sre, dev, both, nobody} {
		d.people[id] = person(id)
	}
	return d
}

// noon is a Wednesday.
var noon = time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)

// question asks for weight 10 on web-1, on Wednesday at noon.
func question(person, channel string) operation.Question {
	return operation.Question{
		Action:  operation.ActionRegister,
		Actor:   operation.Actor{UserID: person, TeamID: team},
		Place:   operation.Place{TeamID: team, ChannelID: channel},
		Account: "acme",
		Listener: operation.Listener{
			ID: "lsn-web", Name: "web-1", Protocol: "TCP", LoadBalancerID: "lb-1",
			LoadBalancerName: "edge", Zone: "SIN1",
		},
		Server: operation.Server{ID: "ins-1", Type: zenlayer.InstanceBM},
		Weight: 10,
		Ports:  []int{443},
		At:     noon,
	}
}

// gate makes a gate with a policy file; change may alter its configuration.
func gate(t testing.TB, d operation.Directory, src string, change ...func(*policy.Config)) *policy.Gate {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.cedar")
	require.NoError(t, policy.Install(file, []byte(src)))
	c := policy.Config{
		Path: file, Directory: d, IncidentChannels: []string{"inc-*", "incident-*"},
		IncidentCreators: []string{pagerBot},
		Now:              func() time.Time { return noon },
	}
	for _, f := range change {
		f(&c)
	}
	g, err := policy.New(c)
	require.NoError(t, err)
	require.Equal(t, src == broken, g.Status().Problem != nil, "%v", g.Status().Problem)
	return g
}

const broken = "permit (principal, action"

// without returns the directory without one group.
func (d *directory) without(id string) *directory {
	d.groups = slices.DeleteFunc(d.groups, func(g operation.Group) bool { return g.ID == id })
	return d
}
