package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/page"
)

// browser is a headless Chromium with an empty profile.
func browser(t *testing.T) context.Context {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		require.NotEqual(t, "true", os.Getenv("CI"), "CI must have chromium, chromium-browser or google-chrome on PATH")
		t.Skip("no chromium, chromium-browser or google-chrome on PATH: the sandbox is not tested in a browser")
	}
	profile, err := os.MkdirTemp("", "lbbot-page-*")
	require.NoError(t, err)
	t.Cleanup(func() { // the browser's children write for a moment after it has stopped
		require.Eventually(t, func() bool { return os.RemoveAll(profile) == nil }, 10*time.Second, 50*time.Millisecond)
	})
	// Cleanups look at the page, when the test's own context has ended.
	limit, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	t.Cleanup(cancel)
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(profile),
		chromedp.WindowSize(1440, 900)}
	for _, flag := range []string{"headless", "no-sandbox", "disable-gpu", "no-first-run",
		"disable-background-networking",
		"disable-component-update", "disable-sync", "disable-quic", "disable-dev-shm-usage", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, stop := chromedp.NewExecAllocator(limit, options...)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(tab)
		closeTab()
		stop()
	})
	return tab
}

// reader drives one tab as a person who reads before they press.
type reader struct {
	t    *testing.T
	tab  context.Context //nolint:containedctx // a tab is a context to chromedp
	shot string
}

func (r reader) reads(selector, text string) {
	r.t.Helper()
	condition := fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))", selector, text)
	if _, err := chromedp.Run(r.tab,
		chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(30*time.Second))); err != nil {
		r.picture("stuck")
		require.NoError(r.t, err, condition)
	}
}

func (r reader) presses(selector string) {
	r.t.Helper()
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)))
}

func (r reader) types(text string) {
	r.t.Helper()
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.SetValue(chromedp.ID("text"), text),
		chromedp.Focus(chromedp.ID("text"))))
	r.enter()
}

// follows clicks what leads to another page and waits for that page.
func (r reader) follows(selector string) {
	r.t.Helper()
	_, err := chromedp.RunResponse(r.tab, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	require.NoError(r.t, err)
}

// enters presses Enter once the page has put the focus into the composer.
func (r reader) enters() {
	r.t.Helper()
	_, err := chromedp.Run(r.tab,
		chromedp.Poll[bool](`document.activeElement.id === "text" && document.activeElement.value !== ""`,
			chromedp.WithPollingTimeout(15*time.Second)))
	require.NoError(r.t, err, "the composer has no command, or not the focus")
	r.enter()
}

func (r reader) picture(name string) {
	r.t.Helper()
	png, err := chromedp.Run(r.tab, chromedp.CaptureScreenshot())
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(filepath.Join(r.shot, name+".png"), png, 0o600))
}

// visit starts the sandbox and opens its page in a browser.
func visit(t *testing.T) (r reader, address string) {
	t.Helper()
	tab := browser(t)
	g, err := testPlayground(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(g.close)
	g.pace = 0
	require.NoError(t, g.start(t.Context()))
	require.Eventually(t, g.ready, 30*time.Second, 5*time.Millisecond)
	page, err := page.New(g.page())
	require.NoError(t, err)
	server := httptest.NewServer(page)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })

	r = reader{t: t, tab: tab, shot: t.TempDir()}
	if folder := os.Getenv("SANDBOX_SCREENSHOTS"); folder != "" {
		r.shot = folder
	}
	r.quiet()
	require.NoError(t, chromedp.Do(tab, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(server.URL)))
	return r, server.URL
}

func TestAPersonPlaysTheWholeStoryWithTheRealBot(t *testing.T) {
	r, address := visit(t)
	tab := r.tab

	// The prefilled command, the preview, the result with both ids.
	r.enters()
	r.reads(".message.private", "Preview")
	r.presses(".message.private .button.primary")
	r.reads(".message:not(.private)", "Added web-07 to https-443 on api-lb")
	r.reads(".message:not(.private)", "be-20d1")
	r.reads(".message:not(.private)", "Request ID")
	r.reads(".message:not(.private)", "Available")
	r.picture("real-added")

	// It is taken back, and the server of the alert is added.
	r.presses(everyone + " [aria-label^='Undo']")
	r.presses(".message.private .button.danger")
	r.reads(everyone, "Removed web-07 from https-443 on api-lb")
	r.as(address, engineer, incident)
	r.presses("#messages .tools .tool")
	r.reads("#modal[open]", "From the alert: web-12")
	r.presses("#modal .view:not([hidden]) button[type=submit]")
	r.reads("#modal[open]", "Check and add")
	r.presses("#modal .view:not([hidden]) button[type=submit]")
	r.until("document.querySelector('#modal').open === false")
	r.follows(".side a[href*='C0OPS']")

	// An answer that is lost: not confirmed, then added, never failed.
	r.presses("#lose button")
	r.types("/lb-register api-lb/https-443 web-06 weight=50")
	r.reads(".message.private", "web-06")
	r.presses(".message.private .button.primary")
	r.reads(".message:not(.private)", "Not confirmed")
	r.picture("real-not-confirmed")
	r.reads(".message:not(.private)", "Added web-06")

	// A wrong weight and an unknown listener, privately.
	r.types("/lb-register api-lb/https-443 db-07 weight=500")
	r.reads(".message.private", "Use a whole number from 1 to 100.")
	r.types("/lb-register api-lb/htps-443 db-07")
	r.reads(".message.private", "No listener called")

	// The form, with an error on its field, and sent with a double click.
	r.types("/lb-register")
	r.reads("#modal[open]", "Add server")
	r.picture("real-form")
	_, err := chromedp.Run(tab, chromedp.Poll[bool](`(b => { b?.click(); return Boolean(b) })(
		[...document.querySelectorAll("#modal button")].find(b => b.textContent.trim() == "Type IDs instead"))`))
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(tab, chromedp.WaitVisible(chromedp.CSS("#modal [name*=field_listener]"))))
	require.NoError(t, chromedp.Do(tab,
		chromedp.SendKeys(chromedp.CSS("#modal [name*=field_listener]"), "api-lb/https-443"),
		chromedp.SendKeys(chromedp.CSS("#modal [name*=field_server]"), "web-08"),
		chromedp.SendKeys(chromedp.CSS("#modal [name*=field_ports]"), "80a")))
	r.presses("#modal button[type=submit]")
	r.reads("#modal[open]", "is not a port")
	require.NoError(t, chromedp.Do(tab, chromedp.SetValue(chromedp.CSS("#modal [name*=field_ports]"), "8080")))
	r.presses("#modal button[type=submit]")
	r.reads("#modal[open]", "Check and add")
	r.picture("real-preview-form")
	require.NoError(t, chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](
		`(b => { b.click(); b.click(); })(document.querySelector("#modal form:not([hidden]) button[type=submit]"))`)))
	r.reads(".message:not(.private)", "web-08")
	_, err = chromedp.Run(tab,
		chromedp.Poll[bool](
			`performance.getEntriesByType("resource").filter(e => e.name.endsWith("/view/submit")).length >= 3`))
	require.NoError(t, err)
	notice, err := chromedp.Run(tab,
		chromedp.Evaluate[string](
			`fetch("/live?as=U0ANA").then(a => a.text()).then(t => t.includes("That did not work") ? t : "")`,
			chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	require.Empty(t, notice, "the second click of a double click comes too late, and nobody needs to know")

	// The guest may not.
	r.as(address, "U0GIL", owners)
	r.types("/lb-register api-lb/https-443 web-07")
	r.reads(".message.private", "Guests cannot use this command")
	r.picture("real-guest")

	// Ana asks, and Chen agrees.
	r.as(address, engineer, incident)
	r.types(`/lb-register api-lb/https-443 db-07 weight=80 reason="inc-2041 more capacity"`)
	r.reads(".message.private", "Needs approval")
	r.picture("real-ask")
	r.presses(".message.private .button.primary")
	r.reads(everyone, "was asked for in")
	r.picture("real-asked")
	r.as(address, "U0CHEN", approvers)
	r.reads(".message:not(.private)", "for approval")
	r.agrees()
	r.reads(".message:not(.private)", "Added db-07 to https-443 on api-lb")
	r.picture("real-agreed")
}

func TestTheReadmeNamesEachStoryOfTheTour(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, s := range stories() {
		require.Contains(t, string(readme), "**"+s.Title+".**")
	}
}

func TestEachStoryIsShownOnThePage(t *testing.T) {
	r, _ := visit(t)
	for i, s := range stories() {
		r.reads("#tour", s.Title)
		r.follows("#tour [href*='play=']")
		r.reads("#tour .said", s.End)
		r.reads("#tour .sr", "shown")
		r.picture("story-" + s.Name)
		if i+1 < len(stories()) {
			r.presses("#tour [name=to][value='" + strconv.Itoa(i+1) + "']")
		}
	}
	r.reads(everyone, "Removed web-11 from https-443 on api-lb")
}

// as opens the page as somebody in a channel.
func (r reader) as(address, person, channel string) {
	r.t.Helper()
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.Navigate(address+"/?as="+person+"&channel="+channel)))
}

// agrees presses the primary button of the last card and answers its dialog.
func (r reader) agrees() {
	r.t.Helper()
	r.presses(".message:not(.private):last-of-type .button.primary")
	r.reads("#confirm[open]", "Approve adding")
	r.picture("approval-confirm")
	r.presses("#confirm [data-answer=yes]")
}

func TestPeopleAgreeDenyAndBreakTheGlassWithTheRealBot(t *testing.T) {
	r, address := visit(t)
	// Ana asks, in an incident channel.
	r.as(address, "U0ANA", "C0INC2041")
	r.types("/lb-register api-lb/https-443 web-07 weight=80 reason=\"inc-2041 add capacity\"")
	r.reads(".message.private", "Needs approval")
	r.picture("approval-preview")
	r.presses(".message.private .button.primary")
	r.reads(everyone, "was asked for in")
	r.picture("approval-where-it-was-asked")

	// Dev is not on the list; Ana cannot agree herself.
	r.as(address, "U0DEV", approvers)
	r.reads(everyone, "for approval")
	r.agrees()
	r.reads(".message.private", "You are not on the list for this listener.")
	r.as(address, "U0ANA", approvers)
	r.agrees()
	r.reads(".message.private", "someone else has to approve it")
	r.picture("approval-own")

	// Chen has a question, looks at the pool, and agrees.
	r.as(address, "U0CHEN", approvers)
	r.presses(".message .button:nth-of-type(1)[aria-label^='Ask a question']")
	r.reads(".message .replies", "1 reply")
	r.follows(".message .replies")
	r.reads("#thread-messages", "has a question for")
	r.picture("approval-question")
	r.presses("[aria-label^='Approve adding']")
	r.reads("#confirm[open]", "It runs at once.")
	r.presses("#confirm [data-answer=yes]")
	r.reads(everyone, "Added web-07 to https-443 on api-lb")
	r.picture("approval-added")
	r.as(address, "U0ANA", "C0INC2041")
	r.reads(everyone, "Added web-07 to https-443 on api-lb")

	// A no, with a reason.
	r.types("/lb-register api-lb/https-443 web-06 weight=80")
	r.reads(".message.private", "web-06")
	r.presses(".message.private .button.primary")
	r.reads(everyone, "was asked for in")
	r.as(address, "U0CHEN", approvers)
	r.presses("[aria-label^='Deny adding']")
	r.reads("#modal[open]", "Why? (ana will see this)")
	r.picture("approval-deny")
	require.NoError(t, chromedp.Do(r.tab, chromedp.SendKeys(chromedp.CSS("#modal [name*=field_reason]"),
		"wrong listener, use https-8443")))
	r.presses("#modal button[type=submit]")
	r.reads(everyone, "wrong listener, use https-8443")
	r.picture("approval-denied")

	// Break-glass.
	r.as(address, "U0ANA", "C0INC2041")
	r.types("/lb-register api-lb/https-443 web-08 weight=80")
	r.reads(".message.private", "web-08")
	r.presses(".message.private [aria-label*='break-glass']")
	r.reads("#modal[open]", "You have used 0 of 2 this week.")
	r.picture("glass-form")
	require.NoError(t, chromedp.Do(r.tab,
		chromedp.SendKeys(chromedp.CSS("#modal [name*=field_why]"), "customers cannot pay, nobody answered 10 min"),
		chromedp.SendKeys(chromedp.CSS("#modal [name*=field_incident]"), "inc-2041"),
		chromedp.Click(chromedp.CSS("#modal [name*=field_responsible]"))))
	r.presses("#modal button[type=submit]")
	r.reads(everyone, "Added web-08 to https-443 on api-lb")
	r.reads(everyone, "customers cannot pay, nobody answered 10 min")
	r.reads(everyone, "Told in")
	r.picture("glass-added")
	r.as(address, "U0BO", approvers)
	r.reads(everyone, "customers cannot pay")
	r.picture("glass-approvers")
}

// The page on a phone, with the ids and calls of the sample data.
func TestSandboxFitsAPhone(t *testing.T) {
	r, address := visit(t)
	require.NoError(t,
		chromedp.Do(r.tab, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch),
			chromedp.Navigate(address)))
	r.presses(".send")
	r.reads(".message.private", "Preview")
	r.presses(".message.private .button.primary")
	r.reads(".message:not(.private)", "Added web-07")
	r.picture("phone-added")
	r.presses("[data-show=cloud]")
	r.reads("#calls", "RegisterBackend")
	r.picture("phone-cloud")
	r.presses("#calls .call summary")
	r.fits("the cloud")
	r.picture("phone-cloud-call")

	// A channel far right in the strip has something new.
	r.says("U0CHEN", "C0SECRET", "who is on call?")
	r.presses("[data-show=chat]")
	r.until(`document.querySelector(".side a.new[href*=C0SECRET]") !== null`)
	r.fits("the strip of channels")
	r.picture("phone-unread")
}

// says makes another person write a message.
func (r reader) says(person, channel, text string) {
	r.t.Helper()
	status, err := chromedp.Run(r.tab, chromedp.Evaluate[int](fmt.Sprintf(`fetch("/say", {method: "POST",
		body: new URLSearchParams({as: %q, channel: %q, text: %q})}).then(a => a.status)`, person, channel, text),
		chromedp.EvalAwaitPromise))
	require.NoError(r.t, err)
	require.Equal(r.t, 204, status)
}

// fits requires that nothing visible is wider than the page's column, and that the page
// does not scroll sideways. The window's inner width would grow along on a phone.
func (r reader) fits(where string) {
	r.t.Helper()
	wide, err := chromedp.Run(r.tab, chromedp.Evaluate[string](`(({clientWidth, scrollWidth}) =>
		[...document.querySelectorAll("body *")]
		.filter(e => e.checkVisibility() && !e.closest(".sr, .skip, .who, pre, .side ul")
			&& (e.getBoundingClientRect().right > clientWidth + .5 || e.getBoundingClientRect().left < -.5))
		.map(e => e.outerHTML.slice(0, 120))
		.concat(scrollWidth > clientWidth ? [scrollWidth + " px in " + clientWidth] : [])
		.join("\n"))(document.documentElement)`))
	require.NoError(r.t, err)
	require.Empty(r.t, wide, where)
}
