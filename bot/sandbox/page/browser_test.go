package page

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	keys "github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	keyboard "github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// browser is a headless Chromium with an empty profile.
func browser(t *testing.T) context.Context {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		require.NotEqual(t, "true", os.Getenv("CI"), "CI must have chromium, chromium-browser or google-chrome on PATH")
		t.Skip("no chromium, chromium-browser or google-chrome on PATH: the page is not tested in a browser")
	}
	profile, err := os.MkdirTemp("", "sandbox-page-*")
	require.NoError(t, err)
	t.Cleanup(func() { // the browser's children write for a moment after it has stopped
		require.Eventually(t, func() bool { return os.RemoveAll(profile) == nil }, 10*time.Second, 50*time.Millisecond)
	})
	limit, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(profile),
		chromedp.WindowSize(1440, 900)}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking",
		"disable-component-update",
		"disable-sync", "disable-quic", "disable-dev-shm-usage", "hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, stop := chromedp.NewExecAllocator(limit, options...)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(tab) // waits for the browser, so that its profile can be removed
		closeTab()
		stop()
	})
	return tab
}

// visitor drives one tab.
type visitor struct {
	t    *testing.T
	tab  context.Context //nolint:containedctx // a tab is a context to chromedp
	shot string          // folder for screenshots
}

func (x visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	require.NoError(x.t, chromedp.Do(x.tab, steps...))
}

// until waits for a JavaScript condition.
func (x visitor) until(condition string) {
	x.t.Helper()
	_, err := chromedp.Run(x.tab, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(15*time.Second)))
	if err != nil {
		x.picture("stuck")
	}
	require.NoError(x.t, err, condition)
}

// reads waits until the element shows the text.
func (x visitor) reads(selector, text string) {
	x.t.Helper()
	x.until(fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))", selector, text))
}

// press clicks an element that is in sight.
func (x visitor) press(selector string) {
	x.t.Helper()
	x.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// follow clicks what leads to another page and waits for that page.
func (x visitor) follow(selector string) {
	x.t.Helper()
	_, err := chromedp.RunResponse(x.tab, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	require.NoError(x.t, err)
}

func (x visitor) picture(name string) {
	x.t.Helper()
	png, err := chromedp.Run(x.tab, chromedp.CaptureScreenshot())
	require.NoError(x.t, err)
	require.NoError(x.t, os.WriteFile(filepath.Join(x.shot, name+".png"), png, 0o600))
}

func (x visitor) value(expression string) string {
	x.t.Helper()
	v, err := chromedp.Run(x.tab, chromedp.Evaluate[string](expression))
	require.NoError(x.t, err)
	return v
}

func TestAPersonPlaysTheStoryInABrowser(t *testing.T) {
	tab := browser(t)
	address, bot := play(t)
	x := visitor{t: t, tab: tab, shot: t.TempDir()}
	if folder := os.Getenv("SANDBOX_SCREENSHOTS"); folder != "" {
		x.shot = folder
	}
	console := chromedp.Console(tab)
	x.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address))
	x.reads("#text", "/lb-register api-lb/https-443 web-07")
	x.picture("1-first-sight")

	// Run the command: the composer has the focus when the page opens, so that
	// Enter sends. A private preview, and nothing sent.
	x.until("document.activeElement.id === 'text'")
	x.enters()
	x.reads(".message.private", "Nothing has changed yet")
	require.Empty(t, x.value("document.querySelector('#text').value"))
	require.Equal(t, "Add web-07 to https-443 on api-lb, weight 50",
		x.value("document.querySelector('.button.primary').getAttribute('aria-label')"))
	x.picture("2-preview")
	x.press(".switch summary")
	x.reads("#people", "from another organization")
	x.picture("1-people")
	x.do(chromedp.KeyEvent("\x1b"))
	x.until("!document.querySelector('.switch').open")

	// The button asks first; Not yet sends nothing.
	x.press(".message .button.primary")
	x.reads("#confirm[open]", "Add to a protected listener?")
	x.picture("3-confirm")
	x.press("#confirm [data-answer=no]")
	x.until("!document.querySelector('#confirm').open")
	require.Empty(t, bot.notes())
	x.press(".message .button.primary")
	x.press("#confirm [data-answer=yes]")
	x.reads(".message:not(.private)", "be-20d1")
	x.reads("#count-backends", "1")
	require.Equal(t, "req_send", bot.notes())

	// Lose an answer; what is typed meanwhile stays, and so does an open call.
	x.press("#calls .call summary")
	x.do(chromedp.SendKeys(chromedp.ID("text"), "half a tho"))
	x.press("#lose button")
	x.reads("#lose", "Next answer will be lost")
	x.press(".message .overflow summary")
	x.until("document.querySelector('.overflow .sheet').getBoundingClientRect().top >= " +
		"document.querySelector('#messages').getBoundingClientRect().top")
	x.press(".message .overflow .row")
	x.reads("#calls", "answer lost")
	require.Equal(t, "half a tho", x.value("document.querySelector('#text').value"))
	x.until("document.querySelector('#call-0').open")
	x.picture("4-added")

	// A sample id takes the place of another of its kind.
	x.do(chromedp.Navigate(address + "/?as=U0GIL&channel=C0OPS"))
	x.do(chromedp.SetValue(chromedp.ID("text"), "/lb-register api-lb/https-443 web-07"))
	x.reads(".who", "Gil")
	x.press("[data-insert='db-lb/tcp-5432']")
	require.Contains(t, x.value("document.querySelector('#text').value"), "/lb-register db-lb/tcp-5432 web-07")
	x.press(".send")
	x.reads(".message.private", "Guests cannot use this command.")
	x.picture("5-guest")

	// Reset.
	x.follow("#reset button")
	x.reads("#quiet", "No messages yet")
	x.reads("#count-calls", "0")

	quiet(t, x, console)
}

func TestAPersonFillsInTheFormInABrowser(t *testing.T) {
	tab := browser(t)
	address, bot := play(t)
	x := visitor{t: t, tab: tab, shot: t.TempDir()}
	if folder := os.Getenv("SANDBOX_SCREENSHOTS"); folder != "" {
		x.shot = folder
	}
	x.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address+"/?as=U0ANA&channel=C0OPS"))
	open := func() {
		x.do(chromedp.SetValue(chromedp.ID("text"), "/lb-register"), chromedp.Focus(chromedp.ID("text")),
			chromedp.KeyEvent("\r"))
		x.reads("#modal[open]", "Add server")
	}
	open()
	require.Equal(t, "TEXTAREA", x.value("document.activeElement.tagName"), "focus_on_load")
	x.picture("6-form")

	// Typed text and focus survive an update from elsewhere.
	x.do(chromedp.KeyEvent("inc-2041"))
	bot.cloud.register("{}", "{}")
	x.reads("#count-calls", "1")
	require.Equal(t, "inc-2041", x.value("document.activeElement.value"))

	// A button in the form asks, then opens a second form on top; Back shows
	// the first as it was left.
	x.press(".view:not([hidden]) [data-act=look_pool]")
	x.reads("#confirm[open]", "Look at the pool?")
	x.press("#confirm [data-answer=yes]")
	x.reads(".view:not([hidden]) h2", "The pool")
	require.Equal(t, "look_pool lst-8f2c", bot.notes())
	x.press(".view:not([hidden]) .close")
	x.reads(".view:not([hidden]) h2", "Add server")
	require.Equal(t, "inc-2041", x.value("document.querySelector('.view textarea').value"))

	// A field error stands at its field and keeps what was typed.
	weight := ".view input[inputmode=decimal]"
	x.do(chromedp.SetValue(chromedp.CSS(weight), "500"))
	x.press(".view footer .primary")
	x.reads(".view .error", "Use a whole number from 1 to 100.")
	x.until("document.querySelector('" + weight + "').getAttribute('aria-invalid') === 'true'")
	require.Equal(t, "500", x.value("document.querySelector('"+weight+"').value"))
	require.Equal(t, "inc-2041", x.value("document.querySelector('.view textarea').value"))
	x.picture("7-field-error")

	x.do(chromedp.SetValue(chromedp.CSS(weight), "50"))
	x.press(".view footer .primary")
	x.until("!document.querySelector('#modal').open")
	require.Contains(t, bot.notes(), "inc-2041")
	require.Contains(t, bot.notes(), `"selected_conversation":"C0OPS"`)

	// Escape closes it as the Close button does.
	open()
	x.do(chromedp.KeyEvent("\x1b"))
	x.until("!document.querySelector('#modal').open")
	require.Empty(t, bot.slack.Views("U0ANA"))
}

func TestThePageFitsAPhoneAndTheDark(t *testing.T) {
	tab := browser(t)
	address, _ := play(t)
	x := visitor{t: t, tab: tab, shot: t.TempDir()}
	if folder := os.Getenv("SANDBOX_SCREENSHOTS"); folder != "" {
		x.shot = folder
	}
	x.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(address))
	x.picture("8-phone")
	noOverflow := func(where string) {
		t.Helper()
		require.Equal(t, "390", x.value("String(document.documentElement.scrollWidth)"), where)
	}
	noOverflow("first sight")
	x.press(".send")
	x.reads(".message.private", "Nothing has changed yet")
	x.press(".message .button.primary")
	x.press("#confirm [data-answer=yes]")
	x.reads(".message:not(.private)", "be-20d1")
	x.picture("9-phone-added")
	noOverflow("with messages")
	x.press("[data-show=cloud]")
	x.reads("#calls", "RegisterBackend")
	x.picture("10-phone-cloud")
	noOverflow("the cloud")
	x.press("[data-show=chat]")
	x.do(chromedp.SetValue(chromedp.ID("text"), "/lb-register"))
	x.press(".send")
	x.reads("#modal[open]", "Add server")
	x.picture("11-phone-form")
	noOverflow("the form")

	_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	require.NoError(t, err)
	x.picture("12-phone-form-dark")
	x.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address))
	x.reads(".message:not(.private)", "be-20d1")
	require.Equal(t, "rgb(25, 29, 37)", x.value("getComputedStyle(document.querySelector('.chat')).backgroundColor"))
	x.picture("13-dark")
	x.do(chromedp.KeyEvent("\x1b"), chromedp.EmulateViewport(1024, 768))
	x.until("!document.querySelector('#modal').open")
	require.Equal(t, "1024", x.value("String(document.documentElement.scrollWidth)"))
	x.picture("14-tablet")
}

// enters presses Enter as a keyboard does. chromedp.KeyEvent would write a line
// break even where the page prevents it.
func (x visitor) enters() {
	x.t.Helper()
	_, err := chromedp.Call(x.tab, keys.DispatchKeyEvent,
		keys.DispatchKeyEventParams{Type: "keyDown", Text: "\r", Key: "Enter", Code: "Enter",
			WindowsVirtualKeyCode: 13})
	require.NoError(x.t, err)
}

// typed types as a person does, key by key.
func (x visitor) typed(text string) {
	x.t.Helper()
	x.do(chromedp.Evaluate[chromedp.Void]("(t => { t.value = ''; t.focus(); })(document.querySelector('#text'))"),
		chromedp.KeyEvent(text))
}

func (x visitor) composer() string {
	x.t.Helper()
	return x.value("(t => t.value.slice(0, t.selectionStart) + '|' + " +
		"t.value.slice(t.selectionStart))(document.querySelector('#text'))")
}

func TestCommandsAreOfferedWhileOneIsTyped(t *testing.T) {
	tab := browser(t)
	address, _ := play(t)
	x := visitor{t: t, tab: tab, shot: t.TempDir()}
	x.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address+"/?as=U0ANA&channel=C0OPS"))
	offers := func() string {
		return x.value("[...document.querySelectorAll('#offers:not([hidden]) [role=option]:not([hidden])')]." +
			"map(o => (o.getAttribute('aria-selected') === 'true' ? '>' : '') + o.dataset.text).join()")
	}
	x.typed("/l")
	require.Equal(t, ">/lb-register,/lb-register whoami,/lb-register help", offers())
	require.Equal(t, "3 commands", x.value("document.querySelector('#offered').textContent"))
	require.Equal(t, "offer-0", x.value("document.querySelector('#text').getAttribute('aria-activedescendant')"))
	x.reads("#offers", "[listener] [server]")
	x.picture("20-offers")
	x.do(chromedp.KeyEvent("\b"))
	require.Equal(t, "/|", x.composer())
	x.typed("/l")
	x.do(chromedp.KeyEvent("\t"))
	require.Equal(t, "/lb-register |", x.composer())
	require.Empty(t, offers())
	x.typed("/l")
	x.enters()
	require.Equal(t, "/lb-register |", x.composer())
	x.typed("/lb-register ")
	require.Equal(t, "/lb-register whoami,/lb-register help", offers(), "Enter sends the whole command that is typed")
	x.do(chromedp.KeyEvent(keyboard.ArrowDown), chromedp.KeyEvent(keyboard.ArrowDown))
	require.Equal(t, "/lb-register whoami,>/lb-register help", offers())
	x.do(chromedp.KeyEvent(keyboard.ArrowUp), chromedp.KeyEvent(keyboard.ArrowUp), chromedp.KeyEvent("\t"))
	require.Equal(t, "/lb-register help |", x.composer(), "the list goes round")
	x.typed("/lb-register w")
	require.Equal(t, ">/lb-register whoami", offers())
	x.do(chromedp.KeyEvent("\x1b"))
	require.Empty(t, offers())
	x.do(chromedp.KeyEvent("eb-07"))
	require.Equal(t, "/lb-register web-07|", x.composer())
	x.typed("@lbbot h")
	require.Equal(t, ">@lbbot help", offers())
	x.press("#offers [role=option]:not([hidden])")
	require.Equal(t, "@lbbot help |", x.composer())
	for _, other := range []string{"/lx", "look", ""} {
		x.typed(other)
		require.Empty(t, offers(), other)
	}
	x.typed("/lb-register")
	x.enters()
	x.reads("#modal[open]", "Add server")
}

func TestNoticeBelongsToItsChannelAndGoesAway(t *testing.T) {
	tab := browser(t)
	address, _ := play(t)
	x := visitor{t: t, tab: tab, shot: t.TempDir()}
	x.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address+"/?as=U0ANA&channel=C0OPS"))
	x.typed("/nonsense")
	x.enters()
	x.reads("#notice", "is not a valid command")
	x.follow(".side a:not([aria-current])")
	require.Empty(t, x.value("document.querySelector('#notice').textContent"))
	x.typed("/nonsense")
	x.enters()
	x.reads("#notice", "is not a valid command")
	x.do(chromedp.KeyEvent("x"))
	x.until("!document.querySelector('#notice').checkVisibility()")
	x.typed("/nonsense")
	x.enters()
	x.until("document.querySelector('#notice').checkVisibility()")
	x.until("document.querySelector('#notice').textContent === ''") // after a while, by itself
}
