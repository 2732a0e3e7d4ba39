package commands

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRemovalsAreParsed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Values{
		"remove api-lb:443 web-07":        {KeyListener: "api-lb:443", KeyServer: "web-07"},
		"rm api-lb:443 web-07":            {KeyListener: "api-lb:443", KeyServer: "web-07"},
		"Deregister api-lb:443 web-07":    {KeyListener: "api-lb:443", KeyServer: "web-07"},
		"remove web-07 from api-lb:443":   {KeyListener: "api-lb:443", KeyServer: "web-07"},
		"remove lst-1 backend=be-20d1":    {KeyListener: "lst-1", KeyServer: "be-20d1"},
		"remove server=be-20d1 lst-1":     {KeyListener: "lst-1", KeyServer: "be-20d1"},
		"remove api-lb:443 10.0.3.17 p=8": {KeyListener: "api-lb:443", KeyServer: "10.0.3.17", KeyPorts: "8"},
		`remove web-07 from api-lb:443 reason="disk full" to=<#C0OPS|ops> --dry-run`: {KeyListener: "api-lb:443",
			KeyServer: "web-07", KeyReason: "disk full", KeyTo: "C0OPS", KeyDryRun: "true"},
		"remove remove undo": {KeyListener: "remove", KeyServer: "undo"},
	} {
		c, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, VerbRemove, c.Verb, text)
		reg, err := BuildChange(c.Verb, c.Values)
		require.NoError(t, err, text)
		require.Equal(t, want, reg.Values(), text)
		again, err := Parse(reg.CommandLine())
		require.NoError(t, err, reg.CommandLine())
		require.Equal(t, VerbRemove, again.Verb, reg.CommandLine())
		require.Equal(t, want, again.Values, reg.CommandLine())
	}
}

func TestUndoTakesOneRequestOrTheLast(t *testing.T) {
	t.Parallel()
	for text, ref := range map[string]string{"undo": "", "undo LBR-7F3KQ2": "LBR-7F3KQ2",
		"revert lbr-7f3kq2":                   "LBR-7F3KQ2",
		`undo 7f3kq2 reason="wrong listener"`: "LBR-7F3KQ2", "undo `LBR-7F3KQ2`.": "LBR-7F3KQ2"} {
		c, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, VerbUndo, c.Verb, text)
		reg, err := BuildChange(c.Verb, c.Values)
		require.NoError(t, err, text)
		require.Equal(t, ref, reg.Ref, text)
		again, err := Parse(reg.CommandLine())
		require.NoError(t, err, reg.CommandLine())
		require.Equal(t, reg.Values(), again.Values, reg.CommandLine())
	}
}

func TestAgainTakesOneRequestOrTheLast(t *testing.T) {
	t.Parallel()
	for text, args := range map[string][]string{"again": {}, "repeat lbr-7f3kq2": {"LBR-7F3KQ2"}} {
		c, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, VerbAgain, c.Verb, text)
		require.Equal(t, args, c.Args, text)
	}
}

func TestMistakesInWhatTakesAServerOffHaveTheirSentence(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, words, corrected string }{
		"nothing else": {"remove",
			"Listener is missing. Give its ID, or name, or lb-name/listener-name, or lb-name:port.", ""},
		"no server": {"remove api-lb:443", "Server is missing. Give its instance ID, name, host name or IP, or the " +
			"backend ID of its entry.", Name + " remove listener=api-lb:443 server=?"},
		"another key": {"remove api-lb:443 web-07 weight=0",
			"I do not know *weight*. The keys are listener, server, ports, reason, to and dry-run.",
			Name + " remove api-lb:443 web-07"},
		"a word left over": {"remove api-lb:443 web-07 web-08",
			`"web-08" is left over. The keys are listener, server, ports, reason, to and dry-run.`, ""},
		"a bad port": {"remove api-lb:443 web-07 ports=80808", "a port is a number from 1 to 65535.",
			Name + " remove api-lb:443 web-07 ports=?"},
		"no request": {"undo web-07",
			`"web-07" is not a request ID. Give it as its card shows it, for example LBR-7F3KQ2.`,
			""},
		"two requests": {"undo LBR-7F3KQ2 LBR-7F3KQ3", `"LBR-7F3KQ3" is left over. The keys are request, reason, ` +
			"to and dry-run.", ""},
		"again with more": {"again web-07 LBR-7F3KQ2",
			"again stands alone, or with the ID of one request, for example /lb-register again LBR-7F3KQ2.", ""},
		"again with a name": {"again web-07", `"web-07" is not a request ID. again stands alone, or with the ` +
			"ID of one request, for example /lb-register again LBR-7F3KQ2.", ""},
		"a mistyped remove": {"remvoe api-lb:443 web-07 reason=x", "I do not know *remvoe*. Did you mean " +
			"/lb-register remove api-lb:443 web-07? To add a server, give a listener and a server.", ""},
		"a mistyped undo": {"unod LBR-7F3KQ2", "I do not know *unod*. Did you mean /lb-register undo LBR-7F3KQ2? " +
			"To add a server, give a listener and a server.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := refused(t, tt.text)
			require.Equal(t, tt.words, e.Problems[0].Text)
			require.Equal(t, tt.corrected, e.Corrected)
			require.Nil(t, e.Values, "no form that adds a server")
		})
	}
}

func TestADrainIsAnsweredWithWhatItWouldNeed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"drain api-lb:443 web-07", "disable web-07"} {
		words := refused(t, text).Problems[0].Text
		require.Contains(t, words, "needs weight 0 or a drain call, and this API has neither")
		require.Contains(t, words, "/lb-register remove")
	}
}
