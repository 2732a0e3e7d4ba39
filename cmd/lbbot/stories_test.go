package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

const (
	everyone  = "#messages .message:not(.private)"
	inThread  = "#thread-messages .message:not(.private)"
	inPrivate = "#thread-messages .message.private"
)

// opensMenu opens the menu of the first message of the channel: the alert's.
func (r reader) opensMenu() {
	r.t.Helper()
	r.presses("#messages .tools summary")
	r.until(`document.querySelector("#messages .tools details").matches("[open][data-below]")`)
}

// opensThread opens the thread of the alert.
func (r reader) opensThread() {
	r.t.Helper()
	r.opensMenu()
	r.follows("#messages .tools a")
	r.focusIsOn("#thread-text")
}

// replies writes into the thread that is open.
func (r reader) replies(text string) {
	r.t.Helper()
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.SetValue(chromedp.ID("thread-text"), text),
		chromedp.Focus(chromedp.ID("thread-text"))))
	r.enter()
}

// phone makes the window that of a phone.
func (r reader) phone() {
	r.t.Helper()
	require.NoError(r.t, chromedp.Do(r.tab,
		chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch)))
}

// desk makes the window a wide one again.
func (r reader) desk() {
	r.t.Helper()
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.EmulateViewport(1440, 900)))
}

// everywhere takes pictures in both widths and in both colours.
func (r reader) everywhere(name string) {
	r.t.Helper()
	r.inBoth(name)
	r.phone()
	r.fits(name + " on a phone")
	r.inBoth(name + "-phone")
	r.desk()
}

// quiet requires, at the end of the test, that the console of the tab has no error. An
// act that Slack's client refuses is answered with 422, which a browser calls an error.
func (r reader) quiet() {
	console := chromedp.Console(r.tab)
	r.t.Cleanup(func() {
		if r.t.Failed() || r.t.Skipped() {
			return
		}
		require.NoError(r.t, chromedp.Do(r.tab, chromedp.Evaluate[chromedp.Void](`console.info("the end")`)))
		for m, err := range console {
			require.NoError(r.t, err)
			refused := strings.Contains(m.Text, "status of 422")
			require.False(r.t, m.IsException() || m.Type == "error" && !refused, m.String())
			if m.Text == "the end" {
				return
			}
		}
	})
}

func TestMentionInAThreadIsAnsweredThere(t *testing.T) {
	r, address := visit(t)
	r.as(address, "U0ANA", incident)
	r.opensThread()
	r.replies("/lb-register api-lb/https-443 web-12")
	r.reads(inPrivate, "/lb-register is not supported in threads. Sorry!")
	r.replies("@lbbot api-lb/https-443 web-12 weight=50")
	r.reads(inPrivate, "Nothing has changed yet")
	r.everywhere("thread-preview")
	r.presses(inPrivate + " .button.primary")
	r.reads(inThread, "Added web-12 to https-443 on api-lb")
	r.reads("#messages .replies", "2 replies")
	r.until(`!document.querySelector("#messages").textContent.includes("Added web-12")`)
	r.everywhere("thread-added")
}

func TestGlobalShortcutOpensTheFormAnywhere(t *testing.T) {
	r, address := visit(t)
	r.as(address, "U0ANA", incident)
	r.presses(".bolt summary")
	r.presses(".bolt button")
	r.reads("#modal[open]", "Add server")
	r.everywhere("global-form")
}

func TestVerbsAreOfferedWithTheirUsage(t *testing.T) {
	r, address := visit(t)
	r.as(address, "U0ANA", incident)
	r.focusIsOn("#text")
	r.keys("/lb-register hi")
	r.activates("/lb-register history")
	r.activates("[by=@...]")
	r.keys("\t")
	require.Equal(t, "/lb-register history ", r.read("document.querySelector('#text').value"))
	r.keys("here")
	r.enter()
	r.reads(".message.private", "Changes asked for in this channel")
	r.keys("/lb-register ")
	r.keys(kb.ArrowDown)
	r.activates("/lb-register")
	r.everywhere("offers")
}

func TestUndoTakesBackWhatWasAdded(t *testing.T) {
	r, address := visit(t)
	r.as(address, "U0ANA", incident)
	r.types("/lb-register api-lb/https-443 web-12 weight=50")
	r.reads(".message.private", "Nothing has changed yet")
	r.presses(".message.private .button.primary")
	r.reads(everyone, "Added web-12 to https-443 on api-lb")
	r.says("U0BO", incident, "And then?"+strings.Repeat("\n", 60)+"Go on.")
	r.reads(everyone, "Go on.")
	r.presses(everyone + " [aria-label^='Undo']")
	r.reads(".message.private", "web-12")
	r.until(`(log => log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.querySelector("#messages"))`)
	r.everywhere("undo-preview")
	r.presses(".message.private .button.danger")
	r.reads(everyone, "Removed web-12 from https-443 on api-lb")
	r.everywhere("undo-removed")
}

func TestRemovalIsApprovedByASecondPerson(t *testing.T) {
	r, address := visit(t)
	r.as(address, "U0DEV", incident)
	r.types(`/lb-register remove api-lb/https-443 web-04 reason="inc-2041 disk full"`)
	r.reads(".message.private", "web-04")
	r.everywhere("remove-preview")
	r.presses(".message.private .button.primary")
	r.reads(everyone, "was asked for in")
	r.as(address, "U0CHEN", approvers)
	r.reads(everyone, "for approval")
	r.everywhere("remove-asked")
	r.presses("[aria-label^='Approve']")
	r.reads("#confirm[open]", "Approve")
	r.presses("#confirm [data-answer=yes]")
	r.reads(everyone, "Removed web-04 from https-443 on api-lb")
	r.as(address, "U0DEV", incident)
	r.reads(everyone, "Removed web-04 from https-443 on api-lb")
	r.everywhere("remove-removed")
}

func TestHomeShowsWhatIsOpenAndLeadsToTheForm(t *testing.T) {
	r, address := visit(t)
	r.as(address, "U0ANA", incident)
	r.types(`/lb-register api-lb/https-443 web-12 weight=50`)
	r.presses(".message.private .button.primary")
	r.reads(everyone, "Added web-12 to https-443 on api-lb")
	r.types(`/lb-register api-lb/https-443 db-07 weight=80 reason="inc-2041 more capacity"`)
	r.presses(".message.private:last-of-type .button.primary")
	r.reads(everyone, "was asked for in")
	r.follows(".side a[href*='channel=home']")
	r.reads("#home", "db-07")
	r.reads("#home", "web-12")
	r.everywhere("home")
	r.presses("#home .button.primary")
	r.reads("#modal[open]", "Add server")
}
func TestAlertLeadsToAddedInThreeClicks(t *testing.T) {
	for name, window := range map[string]func(reader){"desk": reader.desk, "phone": reader.phone} {
		t.Run(name, func(t *testing.T) {
			r, address := visit(t)
			window(r)
			r.as(address, "U0ANA", incident)
			require.Equal(t, "1", r.read(`String([...document.querySelector("#messages").textContent
				.matchAll("FIRING")].length)`), "how often the alert shows its title")
			require.NoError(t, chromedp.Do(r.tab, chromedp.Evaluate[chromedp.Void](`window.clicks = 0;
				document.addEventListener("click", e => { window.clicks += e.isTrusted ? 1 : 0 }, true)`)))
			r.presses("#messages .tools .tool")
			r.reads("#modal[open]", "From the alert: web-12")
			r.inBoth("alert-form-" + name)
			r.presses("#modal .view:not([hidden]) button[type=submit]")
			r.reads("#modal[open]", "Check and add")
			r.inBoth("alert-preview-" + name)
			r.presses("#modal .view:not([hidden]) button[type=submit]")
			r.reads("#messages .replies", "1 reply")
			r.until("document.querySelector('#modal').open === false")
			require.Equal(t, "3", r.read("String(window.clicks)"))
			r.follows("#messages .replies")
			r.reads(inThread, "Added web-12 to https-443 on api-lb")
			r.inBoth("alert-added-" + name)
		})
	}
}
