package slackapp

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/socket"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// BenchmarkAckOfHelp is an envelope from its receipt to the call of Ack; the
// write itself is the socket's.
func BenchmarkAckOfHelp(b *testing.B) {
	raw := json.RawMessage(`{"team_id":"T1","text":"help","trigger_id":"1.2.3"}`)
	a := New(Config{Now: time.Now, NewID: func() string { return "id" }, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry(), Confirm: intake.ConfirmAlways,
		Suggester: suggest.New(suggest.Config{Offers: &gate{}})})
	b.ReportAllocs()
	for b.Loop() {
		a.Receive(socket.Envelope{ID: "e", Type: delivery.KindCommand, Payload: raw, ReceivedAt: time.Now()})
		a.lanes.wait()
	}
	a.Close(b.Context())
}

// largeLists are 10,000 listeners and 100,000 servers.
func largeLists() *memoryLists {
	var lbs []zenlayer.LoadBalancer
	for n := range 1000 {
		lb := zenlayer.LoadBalancer{ID: fmt.Sprintf("lb-%d", n), Name: fmt.Sprintf("edge-%d", n), ZoneID: "SIN1"}
		for m := range 10 {
			lb.Listeners = append(lb.Listeners, zenlayer.Listener{ListenerID: fmt.Sprintf("lst-%d-%d", n, m),
				Name: fmt.Sprintf("web-%d", n*10+m), Port: fmt.Sprint(8000 + m), Protocol: "TCP"})
		}
		lbs = append(lbs, lb)
	}
	servers := make([]zenlayer.Instance, 100_000)
	for n := range servers {
		servers[n] = zenlayer.Instance{ID: fmt.Sprintf("i-%d", n), Name: fmt.Sprintf("web-%d", n), ZoneID: "SIN1",
			Hostname: fmt.Sprintf("web-%d.example.com", n), Type: zenlayer.InstanceBM, Status: "RUNNING",
			PrivateIPs: []string{fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255)}}
	}
	lists := &memoryLists{}
	lists.add(lbs, servers...)
	return lists
}

// BenchmarkFormOpensWithTheCloudOff is from the receipt of an envelope to the
// request views.open at Slack, while Zenlayer answers nothing: the empty form, and
// one with names that are looked up in 10,000 listeners and 100,000 servers. Those
// that are missed begin most of the names there.
func BenchmarkFormOpensWithTheCloudOff(b *testing.B) {
	lists := largeLists()
	for name, press := range map[string]func(r *formRig){
		"empty":           func(r *formRig) { r.types(ana, incident, "") },
		"names that hit":  mistyped("edge-499/web-4995 web-77777 wieght=50"),
		"names that miss": mistyped("edge-/web- web- wieght=50"),
	} {
		b.Run(name, func(b *testing.B) {
			r := openListed(b, lists)
			r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Hang, Times: -1})
			received, opens := make(chan time.Time, 2), make(chan time.Time, 1)
			r.divert(func(e socket.Envelope) {
				if len(received) == cap(received) {
					<-received // of the command before the click
				}
				received <- time.Now()
				r.app.Receive(e)
			})
			r.slack.OnAPICall(func(method string, p sandbox.Phase) {
				if method == "views.open" && p == sandbox.BeforeExecute {
					opens <- time.Now()
				}
			})
			var took []time.Duration
			for b.Loop() {
				press(r)
				opened := <-opens
				var last time.Time
				for len(received) > 0 {
					last = <-received
				}
				took = append(took, opened.Sub(last))
				r.idle()
			}
			reportTimes(b, took)
			r.cloud.ReleaseHangs()
		})
	}
}

// mistyped types a command and opens the form from its answer.
func mistyped(text string) func(r *formRig) {
	return func(r *formRig) {
		r.types(ana, incident, text)
		for _, m := range r.slack.Messages(incident, ana) {
			if has(m, render.ActFixOpenForm) {
				r.clicks(ana, m, render.ActFixOpenForm, "")
				return
			}
		}
	}
}

// BenchmarkSuggestionThroughTheApp is from the question at Slack to its answer
// there, of 100 options. What the lists and the policy take is measured elsewhere.
func BenchmarkSuggestionThroughTheApp(b *testing.B) {
	lists := largeLists()
	r := openListed(b, lists)
	v := r.form(ana)
	var took []time.Duration
	for b.Loop() {
		_, in := r.slack.Suggest(b.Context(), ana, v.ID, pickListener, "", nil)
		took = append(took, in.AckAfter)
	}
	reportTimes(b, took)
}

func reportTimes(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	for name, part := range map[string]int{"p50-ms": 50, "p99-ms": 99} {
		b.ReportMetric(float64(took[len(took)*part/100].Microseconds())/1000, name)
	}
}
