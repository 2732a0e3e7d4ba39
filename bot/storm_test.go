package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
)

// TestDuplicatesAndLostAnswersLeaveNothingBehind has people add servers while
// a tenth of the envelopes comes twice and a tenth of the calls that add
// goes wrong, half of them after they took effect. STORM_SEED=n repeats a run.
//
// It and the other storms do not run beside other tests, except in their smallest
// size: how fast Slack is answered is part of what they measure.
func TestDuplicatesAndLostAnswersLeaveNothingBehind(t *testing.T) {
	alone(t)
	commands := sized(20, 60, 600)
	for name, use := range databases() {
		t.Run(name, func(t *testing.T) {
			alone(t)
			s := openStorm(t, commands, func(c *bot.Config) { use(t, c) })
			plan := newPlan(t, commands)
			s.front.decide(plan.fates)
			started := time.Now()
			stories, ctx := errgroup.WithContext(t.Context())
			stories.SetLimit(12)
			for n := range commands {
				stories.Go(func() error { return s.story(ctx, n, plan) })
			}
			require.NoError(t, stories.Wait(), "seed %d", plan.seed)
			took := time.Since(started)
			require.NoError(t, s.stop())

			got := s.balance()
			t.Logf("seed %d on %s: %d commands in %s, slowest ack %s, %d envelopes twice, %d answers lost, %d calls "+
				"lost before they arrived, %d times 502: "+
				"%d orphan backends, %d double backends, %d double messages, %d unanswered", plan.seed, name, commands,
				took.Round(time.Millisecond),
				s.slowest.Round(
					time.Millisecond), s.redelivered, s.front.count[lostAfter], s.front.count[lostBefore],
				s.front.count[badGateway],
				len(got.orphans), len(got.doubles), len(got.messages), len(got.unanswered))
			require.Equal(t, balance{}, got, "seed %d", plan.seed)
			require.Positive(t, s.front.count[lostAfter])
			require.Positive(t, s.redelivered)
			s.calm()
		})
	}
}

// storm is a house with room for many commands: servers, channels and people.
type storm struct {
	*house
	front    *front
	servers  int
	people   []string
	channels []string
	look     time.Duration // how often people look for what they wait for

	mu          sync.Mutex
	slowest     time.Duration // ack
	acks        []time.Duration
	lost        int // envelopes without an ack
	redelivered int
}

const (
	stormPeople    = 12
	stormListeners = 25
)

// openStorm starts a bot in a workspace and an account that have room for so
// many servers. Nothing limits how often it calls Zenlayer unless edit says so.
func openStorm(t *testing.T, servers int, edit func(*bot.Config)) *storm {
	t.Helper()
	perChannel := sized(1, 1, 4) // commands, so that Slack's one message a second does not decide
	return openCrowd(t, crowd{servers, stormPeople, (servers + perChannel - 1) / perChannel,
		sandbox.Options{NoRateLimits: true}}, edit)
}

// crowd is how many of each there are, and what Slack takes.
type crowd struct {
	servers, people, channels int
	limits                    sandbox.Options
}

// openCrowd is openStorm with other numbers of people and channels.
func openCrowd(t *testing.T, size crowd, edit func(*bot.Config)) *storm {
	t.Helper()
	h := standWith(t, size.limits, func(c *bot.Config) {
		c.ZenlayerRate = bot.Rate{}
		edit(c)
	})
	servers := size.servers
	s := &storm{house: h, servers: servers, look: 20 * time.Millisecond}
	for n := range size.people {
		id := fmt.Sprintf("U0STORM%02d", n)
		h.slack.SetPerson(sandbox.Person{ID: id, Name: "storm" + strconv.Itoa(n), RealName: "Storm " + strconv.Itoa(n),
			TeamID: "T0LOCAL", TZ: "UTC"})
		s.people = append(s.people, id)
	}
	h.slack.SetGroupMembers("S01SRE", s.people...)
	for n := range size.channels {
		id := fmt.Sprintf("C0STORM%03d", n)
		h.slack.SetChannel(sandbox.Channel{ID: id, Name: fmt.Sprintf("inc-storm-%03d", n), Creator: "U0INCBOT",
			Members: s.people, BotMember: true})
		s.channels = append(s.channels, id)
	}
	for n := range stormListeners {
		port := strconv.Itoa(10_000 + n)
		h.cloud.AddListener(zenlayer.Listener{ListenerID: fmt.Sprintf("lst-s%02d", n), LoadBalancerID: "lb-31aa",
			Name: "storm-" + port, Port: port,
			Protocol: "TCP", BackendProtocol: "TCP", Scheduler: "wrr", Kind: "FNAT", Status: "Available",
			HealthCheck: new(true)})
	}
	for n := range servers {
		h.cloud.AddInstance(zenlayer.Instance{ID: serverID(n), Name: fmt.Sprintf("storm-%04d", n), ZoneID: "SIN1",
			Status: "RUNNING", Type: zenlayer.InstanceBM,
			PublicIPs: []string{}, PrivateIPs: []string{fmt.Sprintf("10.9.%d.%d", n/200, n%200+1)},
			ResourceGroupName: "default"})
	}
	s.front = &front{cloud: h.cloud, seen: map[string]int{}, count: map[fate]int{}}
	server := httptest.NewServer(s.front)
	t.Cleanup(server.Close)
	h.config.ZenlayerEndpoint = server.URL
	h.start()
	return s
}

func serverID(n int) string { return fmt.Sprintf("i-s%04d", n) }

func (s *storm) person(n int) string  { return s.people[n%len(s.people)] }
func (s *storm) channel(n int) string { return s.channels[n%len(s.channels)] }

// request types the command for one server.
func (s *storm) request(ctx context.Context, n int) (sandbox.Interaction, error) {
	text := fmt.Sprintf("lst-s%02d %s ports=8443 weight=20 reason=\"storm %d\"", n%stormListeners, serverID(n), n)
	return s.acked(s.slack.TypeCommand(ctx, s.person(n), s.channel(n), command, text))
}

// press has the person press Add server on a preview.
func (s *storm) press(ctx context.Context, n int, preview sandbox.Message) (sandbox.Interaction, error) {
	return s.acked(s.slack.Click(ctx, s.person(n), s.channel(n), preview.TS, "req_send", ""))
}

func (s *storm) acked(in sandbox.Interaction) (sandbox.Interaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slowest = max(s.slowest, in.AckAfter)
	s.acks = append(s.acks, in.AckAfter)
	if !in.Acked || in.Failure != "" {
		if !strings.HasPrefix(in.Failure, "refused: ") { // those Slack's client did not send
			s.lost++
		}
		return in, fmt.Errorf("not acked after %s: %s", in.AckAfter, in.Failure)
	}
	return in, nil
}

func (s *storm) again(ctx context.Context, in sandbox.Interaction, d duplicate, now moment) error {
	if d.moment != now {
		return nil
	}
	s.mu.Lock()
	s.redelivered++
	s.mu.Unlock()
	_, err := s.acked(s.slack.Redeliver(ctx, in, d.newEnvelope))
	return err
}

// story is one command from the typing to its final card.
func (s *storm) story(ctx context.Context, n int, p *plan) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	typed, err := s.request(ctx, n)
	if err != nil {
		return fmt.Errorf("typing for %s: %w", serverID(n), err)
	}
	if err := s.again(ctx, typed, p.commands[n], atOnce); err != nil {
		return fmt.Errorf("the command for %s once more: %w", serverID(n), err)
	}
	preview, err := s.await(ctx, n, isPreview)
	if err != nil {
		return fmt.Errorf("waiting for the preview of %s: %w", serverID(n), err)
	}
	if err := s.again(ctx, typed, p.commands[n], inBetween); err != nil {
		return fmt.Errorf("the command for %s after its preview: %w", serverID(n), err)
	}
	clicked, err := s.press(ctx, n, preview)
	if err != nil {
		return fmt.Errorf("pressing for %s: %w", serverID(n), err)
	}
	if err := s.again(ctx, clicked, p.clicks[n], atOnce); err != nil {
		return fmt.Errorf("the click for %s once more: %w", serverID(n), err)
	}
	switch end, err := s.final(ctx, n, preview); {
	case err != nil:
		return fmt.Errorf("waiting for the final card of %s: %w", serverID(n), err)
	case !isAdded(end):
		return fmt.Errorf("the final card of %s: %s", serverID(n), end.Text)
	}
	for in, d := range map[*sandbox.Interaction]duplicate{&typed: p.commands[n], &clicked: p.clicks[n]} {
		if err := s.again(ctx, *in, d, atTheEnd); err != nil {
			return fmt.Errorf("%s once more at the end: %w", serverID(n), err)
		}
	}
	return nil
}

// isStillWorking tells the ack of a command or a click whose answer takes longer
// than Slack waits: the answer follows.
func isStillWorking(m sandbox.Message) bool {
	return m.Ephemeral && (strings.HasPrefix(m.Text, "Still checking.") ||
		strings.HasPrefix(m.Text, "Still storing this."))
}

func isPreview(m sandbox.Message) bool { return m.Ephemeral && has(m, "Preview") }

// isCard tells the one public message of an operation.
func isCard(m sandbox.Message) bool { return !m.Ephemeral && m.BotID != "" }

func isAdded(m sandbox.Message) bool { return isCard(m) && strings.HasPrefix(m.Text, "Added") }

// await waits for a message about a server.
func (s *storm) await(ctx context.Context, n int, match func(sandbox.Message) bool) (sandbox.Message, error) {
	return s.awaits(ctx, n, func(m sandbox.Message) bool { return match(m) && serverIn(m) == serverID(n) })
}

// awaits waits for a message where the command for a server was typed.
func (s *storm) awaits(ctx context.Context, n int, match func(sandbox.Message) bool) (sandbox.Message, error) {
	look := time.NewTicker(s.look)
	defer look.Stop()
	for {
		for _, m := range s.slack.Messages(s.channel(n), s.person(n)) {
			if !m.Deleted && match(m) {
				return m, nil
			}
		}
		select {
		case <-ctx.Done():
			return sandbox.Message{}, context.Cause(ctx)
		case <-look.C:
		}
	}
}

// balance is what should not be there at the end, each with its server.
type balance struct {
	orphans    []string // backends of which no operation says that it added them
	doubles    []string // backends beyond the first of a server
	messages   []string // messages beyond the one preview and the one card
	unanswered []string // commands without a preview, or accepted and without a final card
}

var (
	anyServer = regexp.MustCompile(`i-s\d{4}`)
	anyRef    = regexp.MustCompile(`LBR-[A-Z0-9]+`)
	anyName   = regexp.MustCompile(`\bstorm-(\d{4})\b`) // those of listeners are longer
)

// serverIn is the id of the server that a message is about: some cards have
// only its name.
func serverIn(m sandbox.Message) string {
	all := m.Text + string(m.Blocks)
	if id := anyServer.FindString(all); id != "" {
		return id
	}
	if name := anyName.FindStringSubmatch(all); name != nil {
		return "i-s" + name[1]
	}
	return ""
}

// balance compares what people were told with what the journal says and what
// Zenlayer has. The bot has stopped.
func (s *storm) balance() balance {
	s.t.Helper()
	var got balance
	previews, cards := map[string]int{}, map[string][]sandbox.Message{}
	for _, c := range s.slack.Channels("") {
		for _, m := range s.slack.Messages(c.ID, "") {
			id := serverIn(m)
			switch {
			case isStillWorking(m), s.storedTooSlowly(m):
			case id != "" && isPreview(m):
				previews[id]++
			case id != "" && isCard(m):
				cards[id] = append(cards[id], m)
			default:
				got.messages = append(got.messages, c.ID+" "+m.Text)
			}
		}
	}
	backends := s.added()
	for token, n := range s.cloud.EffectsByToken() {
		if n > 1 {
			got.doubles = append(got.doubles, token)
		}
	}
	store, err := journal.Open(s.t.Context(), journal.Config{URL: s.config.DatabaseURL, Log: zap.NewNop()})
	require.NoError(s.t, err)
	defer store.Close()
	for n := range s.servers {
		id := serverID(n)
		s.weigh(&got, store, id, previews[id], cards[id], backends[id])
	}
	return got
}

// storedTooSlowly reports whether a message says that it is not known whether something was stored, because the
// machine was slow and for no other reason.
func (s *storm) storedTooSlowly(m sandbox.Message) bool {
	ref := anyRef.FindString(m.Text)
	return ref != "" && has(m, "I could not find out whether") && strings.Contains(s.log.String(),
		`"ref":"`+ref+`","error":"not known whether stored: the journal did not answer within `)
}

// added are the backends of the storm's servers.
func (s *storm) added() map[string][]zenlayer.Backend {
	backends := map[string][]zenlayer.Backend{}
	for _, b := range s.cloud.Backends() {
		if strings.HasPrefix(b.InstanceID, "i-s") {
			backends[b.InstanceID] = append(backends[b.InstanceID], b)
		}
	}
	return backends
}

// weigh adds what is wrong with one server.
func (s *storm) weigh(got *balance, store *journal.Store, id string, previews int, cards []sandbox.Message,
	backends []zenlayer.Backend) {
	s.t.Helper()
	if previews == 0 || !slices.ContainsFunc(cards, isAdded) {
		got.unanswered = append(got.unanswered, id)
	}
	for range max(previews-1, 0) + max(len(cards)-1, 0) {
		got.messages = append(got.messages, id)
	}
	for range max(len(backends)-1, 0) {
		got.doubles = append(got.doubles, id)
	}
	for _, b := range backends {
		known := slices.ContainsFunc(cards, func(m sandbox.Message) bool {
			op := operationOf(s.t, store, m)
			return isAdded(m) && has(m, b.BackendID) && op.State == operation.Done && op.BackendID == b.BackendID
		})
		if !known {
			got.orphans = append(got.orphans, id+" "+b.BackendID)
		}
	}
}

// operationOf reads the operation that a card shows.
func operationOf(t *testing.T, store *journal.Store, card sandbox.Message) operation.Operation {
	t.Helper()
	var metadata struct {
		Payload struct {
			ID string `json:"id"`
		} `json:"event_payload"`
	}
	require.NoError(t, json.Unmarshal(card.Metadata, &metadata))
	op, err := store.Operation(t.Context(), metadata.Payload.ID)
	require.NoError(t, err)
	return op
}

// moment is when an envelope comes the second time.
type moment int

const (
	never moment = iota
	atOnce
	inBetween
	atTheEnd
)

type duplicate struct {
	moment      moment
	newEnvelope bool
}

// plan says, by its seed, what goes wrong for which server.
type plan struct {
	seed             uint64
	commands, clicks []duplicate
	fates            map[string][]fate
}

func newPlan(t *testing.T, n int) *plan {
	t.Helper()
	p := &plan{seed: rand.Uint64N(1_000_000), commands: make([]duplicate, n), clicks: make([]duplicate, n),
		fates: map[string][]fate{}}
	if text := os.Getenv("STORM_SEED"); text != "" {
		var err error
		p.seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	random := rand.New(rand.NewPCG(p.seed, 1))
	for i, server := range random.Perm(n)[:n/10] {
		p.commands[server] = duplicate{[]moment{atOnce, inBetween, atTheEnd}[random.IntN(3)], i%2 == 0}
	}
	for i, server := range random.Perm(n)[:n/10] {
		p.clicks[server] = duplicate{[]moment{atOnce, atTheEnd}[random.IntN(2)], i%2 == 0}
	}
	for i, server := range random.Perm(n)[:n/10] {
		p.fates[serverID(server)] = [][]fate{{lostAfter}, {lostBefore}, {lostAfter}, {badGateway}, {lostAfter},
			{lostBefore, lostAfter}, {lostAfter}, {badGateway, lostBefore}}[i%8]
	}
	return p
}

// fate is what becomes of one call that adds a backend.
type fate int

const (
	answered   fate = iota
	lostAfter       // it takes effect, and nobody learns of it
	lostBefore      // it never arrives
	badGateway
)

// front stands before the cloud. Unlike the cloud's own faults, which hit
// calls in the order they come, its fates belong to servers, so that a seed
// means the same again in whatever order things happen.
type front struct {
	cloud http.Handler

	mu    sync.Mutex
	fates map[string][]fate // of the calls for a server, in order
	seen  map[string]int    // calls by server
	count map[fate]int
}

func (f *front) decide(fates map[string][]fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fates = fates
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Zc-Action") != "RegisterBackend" {
		f.cloud.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch f.next(body) {
	case lostAfter:
		f.cloud.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case lostBefore:
		panic(http.ErrAbortHandler)
	case badGateway:
		http.Error(w, "<html><h1>502 Bad Gateway</h1></html>", http.StatusBadGateway)
	default:
		f.cloud.ServeHTTP(w, r)
	}
}

func (f *front) next(body []byte) fate {
	var call struct {
		InstanceID string `json:"instanceId"`
	}
	_ = json.Unmarshal(body, &call) // the cloud refuses what cannot be read
	f.mu.Lock()
	defer f.mu.Unlock()
	fates, n := f.fates[call.InstanceID], f.seen[call.InstanceID]
	f.seen[call.InstanceID]++
	if n >= len(fates) {
		return answered
	}
	f.count[fates[n]]++
	return fates[n]
}
