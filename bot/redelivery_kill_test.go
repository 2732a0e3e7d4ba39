package bot_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// previews are those that a person sees in a channel.
func (h *house) previews(person, channel string) (list []sandbox.Message) {
	for _, m := range h.slack.Messages(channel, person) {
		if isPreview(m) && !m.Deleted {
			list = append(list, m)
		}
	}
	return list
}

// killedBefore kills the process when it makes one of these calls to Slack,
// which then are never answered.
func (h *house) killedBefore(p *process, methods ...string) {
	h.t.Helper()
	for _, method := range methods {
		h.slack.FailNext(method, sandbox.APIFault{Hang: true, Times: -1})
	}
	require.Eventually(h.t, func() bool {
		return slices.ContainsFunc(h.slack.APICalls(),
			func(c sandbox.APICall) bool { return slices.Contains(methods, c.Method) })
	}, 30*time.Second, time.Millisecond, "no call of %v", methods)
	p.kill()
	h.slack.ClearFaults()
}

// A command whose first delivery died with its process is done by the second
// delivery, and only what the first one committed is left out.
func TestRedeliveredCommandIsDoneWhereTheFirstDeliveryWasKilled(t *testing.T) {
	t.Parallel()
	moments := map[string]func(h *house, p *process, deliver func()){
		"while it reads from Zenlayer": func(h *house, p *process, deliver func()) {
			var once sync.Once
			h.cloud.SetOnCall(func(c zenlayertest.Call, _ zenlayertest.Phase) {
				if c.Action == "DescribeBackends" { // the lists for the form are not read for the command
					once.Do(p.kill)
				}
			})
			deliver()
			<-p.done
		},
		"before its answer is sent": func(h *house, p *process, deliver func()) {
			var typing sync.WaitGroup
			defer typing.Wait()
			typing.Go(deliver)
			h.killedBefore(p, "response_url", "chat.postMessage")
		},
	}
	for _, confirm := range []intake.Confirm{intake.ConfirmAlways, intake.ConfirmNever} {
		for name, die := range moments {
			for database, use := range databases() {
				t.Run(strings.Join([]string{"confirm " + string(confirm), name, database}, ", "), func(t *testing.T) {
					t.Parallel()
					h := stand(t, func(c *bot.Config) {
						c.Confirm = confirm
						use(t, c)
					})
					p := h.launch()
					var typed sandbox.Interaction
					die(h, p, func() { typed = h.slack.TypeCommand(t.Context(), ana, incident, command, good) })
					h.launch()
					require.True(t, h.slack.Redeliver(t.Context(), typed, true).Acked)
					if confirm == intake.ConfirmNever {
						h.settled()
						return
					}
					h.sees(ana, incident, "Preview")
					for _, newEnvelope := range []bool{true, false} {
						require.True(t, h.slack.Redeliver(t.Context(), typed, newEnvelope).Acked)
					}
					require.Len(t, h.previews(ana, incident), 1)
					require.Empty(t, h.cards(incident))
				})
			}
		}
	}
}

// No command whose delivery was acked is left without a word, however often
// the process is killed, with every third command delivered twice.
func TestAckedCommandsAreAnsweredUnderKillsAndDuplicates(t *testing.T) {
	parallelUnlessSoaking(t)
	commands := sized(8, 12, 120)
	for _, confirm := range []intake.Confirm{intake.ConfirmAlways, intake.ConfirmNever} {
		t.Run("confirm "+string(confirm), func(t *testing.T) {
			t.Parallel()
			seed := chaosSeed(t)
			random := rand.New(rand.NewPCG(seed, 22))
			c := standChaos(t, seed, commands, func(c *bot.Config) { c.Confirm = confirm })
			p := c.launch()
			acked := make([]bool, commands)
			for i := range commands {
				person, channel := chaosPeople[i%len(chaosPeople)], c.channels[i%len(c.channels)]
				moment := time.NewTimer(time.Duration(random.IntN(120_000)) * time.Microsecond)
				var deliveries sync.WaitGroup
				deliveries.Go(func() {
					in := c.slack.TypeCommand(t.Context(), person, channel, command,
						listener+" "+chaosName(i)+` reason="chaos"`)
					acked[i] = in.Acked
					if i%3 == 0 || !in.Acked { // as Slack does when the ack is lost
						acked[i] = c.slack.Redeliver(t.Context(), in, i%2 == 0).Acked || acked[i]
					}
				})
				<-moment.C
				p.kill()
				p = c.launch()
				deliveries.Wait()
			}
			for i := range commands {
				if !acked[i] {
					continue
				}
				person, channel := chaosPeople[i%len(chaosPeople)], c.channels[i%len(c.channels)]
				require.Eventually(t, func() bool {
					for _, m := range c.slack.Messages(channel, person) {
						if m.BotID != "" && has(m, chaosName(i)) {
							return true
						}
					}
					return false
				}, 30*time.Second, 10*time.Millisecond, "command %d was acked and got no word, seed %d", i, seed)
			}
			for _, op := range c.operations(t.Context()) {
				require.True(t, op.State != operation.Draft || len(c.previews(op.Actor.UserID, op.Place.ChannelID)) > 0)
			}
			p.kill()
		})
	}
}
