package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render/form"
	"lbbot/zenlayer/zenlayertest"
)

func TestEverySurfaceSaysWhatZenlayerAnswered(t *testing.T) {
	t.Parallel()
	refused := func(status int, code string) zenlayertest.Fault {
		return zenlayertest.Fault{Kind: zenlayertest.Refused, Status: status, Code: code, Times: -1}
	}
	answers := map[string]struct {
		fault zenlayertest.Fault
		says  []string
	}{
		"a wrong key": {refused(401, "AUTHFAILURE_SIGNATURE_FAILURE"),
			[]string{"the bot's key was refused", "check or replace its access key", "HTTP 401",
				"AUTHFAILURE_SIGNATURE_FAILURE", "request "}},
		"an expired signature": {refused(401, "AUTHFAILURE_SIGNATURE_EXPIRED"),
			[]string{"more than five minutes apart", "set its clock right", "HTTP 401", "AUTHFAILURE_SIGNATURE_EXPIRED",
				"request "}},
		"a missing right": {refused(401, "AUTHFAILURE_UNAUTHORIZED_OPERATION"),
			[]string{"may not make this call", "give its key the right", "HTTP 401",
				"AUTHFAILURE_UNAUTHORIZED_OPERATION", "request "}},
		"an unknown code": {refused(400, "INVALID_VERSION"),
			[]string{"ask the bot's owners", "HTTP 400", "INVALID_VERSION", "request "}},
		"a proxy's page": {zenlayertest.Fault{Kind: zenlayertest.Refused, Status: 404, Body: "no route", Times: -1},
			[]string{"something answered in Zenlayer's place", "ZENLAYER_ENDPOINT", "HTTP 404"}},
		"no answer": {zenlayertest.Fault{Kind: zenlayertest.BadGateway, Times: -1},
			[]string{"Zenlayer did not answer"}},
	}
	surfaces := map[string]func(r *rig) string{
		"command": func(r *rig) string {
			r.types(ana, incident, goodCommand)
			return shownIn(r.sees(ana, incident, "Not sent"))
		},
		"whoami why": func(r *rig) string {
			r.types(ana, incident, "whoami why api-lb/https-443 web-07 weight=20")
			return shownIn(r.sees(ana, incident, "Not answered"))
		},
		"history": func(r *rig) string {
			r.types(ana, incident, "history lst-8f2c")
			return shownIn(r.sees(ana, incident, "Not answered"))
		},
		"form": func(r *rig) string {
			r.types(ana, incident, "")
			in := r.submits(ana, r.view(ana, form.Title), goodForm())
			r.acked(in)
			for _, text := range in.Errors {
				return text
			}
			return string(r.view(ana, form.Title).Blocks)
		},
	}
	for name, a := range answers {
		for surface, ask := range surfaces {
			t.Run(name+", "+surface, func(t *testing.T) {
				t.Parallel()
				r := open(t, nil)
				r.cloud.Inject(a.fault)
				said := ask(r)
				for _, part := range a.says {
					require.Contains(t, said, part)
				}
				if name != "no answer" {
					require.NotContains(t, said, "did not answer")
				}
				r.calm()
			})
		}
	}
}

func shownIn(m sandbox.Message) string { return m.Text + string(m.Blocks) }
