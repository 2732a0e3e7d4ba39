package page

import (
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

const alert = `{"text":"[FIRING:1] BackendDown","attachments":[{"color":"danger","title":"[FIRING:1] BackendDown",
	"title_link":"https://alerts.example/1","text":"Server *web-07* is missing","footer":"Alertmanager",
	"fields":[{"title":"listener","value":"api-lb/https-443","short":true}]}]}`

// visits opens the page as Ana in #ops, where an alert was posted.
func visits(t *testing.T, at, address string, bot *smallBot, x visitor) sandbox.Message {
	t.Helper()
	m, err := bot.slack.PostAs("U0ALERTS", "C0OPS", "", json.RawMessage(alert))
	require.NoError(t, err)
	x.do(chromedp.Navigate(address + at))
	return m
}

func TestAThreadIsReadAndAnsweredBesideItsChannel(t *testing.T) {
	tab := browser(t)
	address, bot := play(t)
	x := visitor{t: t, tab: tab, shot: shots(t)}
	x.do(chromedp.EmulateViewport(1440, 900))
	first := visits(t, "/?as=U0ANA&channel=C0OPS", address, bot, x)
	x.reads("#messages .attachment", "Server web-07 is missing")
	x.reads("#messages .by", "Alertmanager")

	// A mention in the thread is answered there. Slash commands are refused.
	x.press("#messages .tools summary")
	x.until("document.querySelector('#messages .tools details').matches('[open][data-below]')")
	x.follow("#messages .tools a")
	x.until("document.activeElement.id === 'thread-text'")
	x.do(chromedp.KeyEvent("@lbbot wh"))
	x.enters()
	x.do(chromedp.KeyEvent("why"))
	x.enters()
	x.reads("#thread-messages .message", "whoami why")
	x.reads("#thread-messages .message", "You wrote:")
	x.reads("#messages .replies", "2 replies")
	x.until("!document.querySelector('#messages').textContent.includes('You wrote')")
	x.do(chromedp.KeyEvent("/lb-register help"))
	x.enters()
	x.reads("#thread-messages .private", "/lb-register is not supported in threads. Sorry!")
	x.reads("#messages .replies", "2 replies")
	x.picture("21-thread")

	// A reload keeps the thread and what is typed. Escape closes the thread.
	x.do(chromedp.KeyEvent("half a thought"), chromedp.Reload())
	x.reads("#thread-messages .message", "You wrote:")
	x.until("document.querySelector('#thread-text').value === 'half a thought'")
	x.until("document.activeElement.id === 'thread-text'")
	_, err := chromedp.RunResponse(tab, chromedp.KeyEvent("\x1b"))
	require.NoError(t, err)
	x.until("!document.querySelector('.thread')")

	// Replies that were not read are marked.
	x.until("!document.querySelector('.replies.new')")
	_, _ = bot.slack.Say(t.Context(), "U0BO", "C0OPS", first.TS, "on it")
	x.reads("#messages .replies.new", "3 replies")
	x.follow("#messages .replies")
	x.reads("#thread-messages", "on it")
	x.until("!document.querySelector('.replies.new')")
	x.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	x.until("!document.querySelector('#messages').checkVisibility()")
	require.Equal(t, "390", x.value("String(document.documentElement.scrollWidth)"))
	x.picture("22-phone-thread")
	x.follow("[data-close-thread]")
	x.until("document.querySelector('#messages').checkVisibility()")
	require.Equal(t, "390", x.value("String(document.documentElement.scrollWidth)"))
	x.picture("23-phone-alert")
}

func TestShortcutsAndHomeLeadToTheForm(t *testing.T) {
	tab := browser(t)
	address, bot := play(t)
	x := visitor{t: t, tab: tab, shot: shots(t)}
	console := chromedp.Console(tab)
	x.do(chromedp.EmulateViewport(1440, 900))
	visits(t, "/?as=U0ANA&channel=C0OPS", address, bot, x)
	closed := func() {
		t.Helper()
		x.reads("#modal[open]", "Add server")
		x.do(chromedp.KeyEvent("\x1b"))
		x.until("!document.querySelector('#modal').open")
	}
	x.press("#messages .tools summary")
	x.until("document.querySelector('#messages .tools details').matches('[open][data-below]')")
	x.picture("24-message-menu")
	x.press("#messages .tools button.row")
	closed()
	x.press(".bolt summary")
	x.picture("25-bolt")
	x.press(".bolt button")
	closed()
	require.Equal(t, "add_from\nadd", bot.notes())

	x.follow(".side a[href*='channel=home']")
	x.reads("#home h3", "Changes")
	x.press("#home button")
	closed()
	x.do(chromedp.Reload())
	x.reads("#home h3", "Changes")
	x.picture("26-home")
	quiet(t, x, console)
}

// shots is where screenshots go.
func shots(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("SANDBOX_SCREENSHOTS"); folder != "" {
		return folder
	}
	return t.TempDir()
}

func TestActsInAThreadNameTheThread(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	s.messages["C1"] = []sandbox.Message{{TS: "1.000000", ChannelID: "C1", UserID: "U1", Text: "alert", Replies: 1},
		{TS: "2.000000", ThreadTS: "1.000000", ChannelID: "C1", UserID: "U1", Text: "one"}}
	h := pageOver(t, s, Options{})
	in := func(more ...string) url.Values {
		form := url.Values{"as": {"U1"}, "channel": {"C1"}, "thread": {"1.000000"}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return form
	}
	send(h, "POST", "/say", in("text", "/lb-register x"))
	send(h, "POST", "/shortcut", in("ts", "2.000000", "callback", "on_message"))
	send(h, "POST", "/shortcut", in("callback", "global"))
	send(h, "POST", "/home", in())
	require.Equal(t, []act{
		{What: "say", As: "U1", On: "C1/1.000000", Value: "/lb-register x"},
		{What: "shortcut", As: "U1", On: "C1/2.000000", Action: "on_message"},
		{What: "shortcut", As: "U1", Action: "global"},
		{What: "home", As: "U1"},
	}, s.acts)

	s.answer = sandbox.Interaction{Failure: "operation_timeout"}
	send(h, "POST", "/say", in("text", "@lbbot x"))
	live := send(h, "GET", "/live?as=U1&channel=C1&thread=1.000000", nil).Body.String()
	require.Contains(t, live, `hx-target="#notice" hx-swap="innerMorph"></hx-partial>`)
	require.Contains(t, live, `hx-target="#thread-notice" hx-swap="innerMorph">The app did not`)
	for _, none := range []string{"thread=2.000000", "thread=9.000000", "thread=%3Cb%3E"} {
		w := send(h, "GET", "/?as=U1&channel=C1&"+none, nil)
		require.Equal(t, http.StatusOK, w.Code)
		require.NotContains(t, w.Body.String(), "thread-text", none)
	}
}

// quiet requires that the console of the page has no errors.
func quiet(t *testing.T, x visitor, console iter.Seq2[chromedp.ConsoleMessage, error]) {
	t.Helper()
	x.do(chromedp.Evaluate[chromedp.Void](`console.info("the end")`))
	for m, err := range console {
		require.NoError(t, err)
		require.False(t, m.IsException() || m.Type == "error", m.String())
		if m.Text == "the end" {
			return
		}
	}
}
