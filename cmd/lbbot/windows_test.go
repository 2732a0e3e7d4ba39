package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tabsTo presses Tab until the focus is on an element, and Enter there.
func (r reader) tabsTo(selector string) {
	r.t.Helper()
	r.tabsOnto(selector)
	r.enter()
}

// tabsOnto presses Tab until the focus is on an element.
func (r reader) tabsOnto(selector string) {
	r.t.Helper()
	for range 300 {
		if r.read("String(document.activeElement.matches("+quoted(selector)+"))") == "true" {
			return
		}
		r.keys("\t")
	}
	r.picture("stuck")
	require.Fail(r.t, "Tab does not lead to "+selector)
}

// quoted is a text as JavaScript.
func quoted(text string) string { return "`" + text + "`" }

// window opens a second window of the same browser.
func (r reader) window() reader {
	r.t.Helper()
	tab, closeTab := chromedp.NewContext(r.tab)
	r.t.Cleanup(closeTab)
	require.NoError(r.t, chromedp.Do(tab, chromedp.EmulateViewport(1440, 900)))
	other := reader{t: r.t, tab: tab, shot: r.shot}
	other.quiet()
	return other
}

// No step of this test uses a mouse.
func TestTheWholeJobIsDoneByKeyboardInTwoWindows(t *testing.T) {
	ana, address := visit(t)
	ana.as(address, engineer, incident)
	ana.focusIsOn("#text")
	ana.keys(`/lb-register api-lb/https-443 db-07 weight=80 reason="inc-2041 more capacity"`)
	ana.keys("\x1b") // closes the list of offers
	ana.enter()
	ana.reads(".message.private", "Needs approval")
	ana.tabsTo(".message.private .button.primary")
	ana.reads(everyone, "was asked for in")

	// Chen approves in a window of his own; both windows show the result.
	chen := ana.window()
	chen.as(address, "U0CHEN", approvers)
	chen.reads(everyone, "for approval")
	chen.tabsTo("[aria-label^='Approve adding']")
	chen.reads("#confirm[open]", "It runs at once.")
	chen.tabsTo("#confirm [data-answer=yes]")
	chen.reads(everyone, "Added db-07 to https-443 on api-lb")
	ana.reads(everyone, "Added db-07 to https-443 on api-lb")

	// The second window lists what is sent while Ana goes on.
	require.NoError(t, chromedp.Do(chen.tab, chromedp.Navigate(address+"/log?kind=ack&kind=zenlayer")))
	chen.reads("#entries", "RegisterBackend")
	require.NotContains(t, chen.read("document.querySelector('#entries').textContent"), "chat.postMessage")
	require.NotContains(t, chen.read("document.querySelector('#entries').textContent"), "be-20d2")
	ana.tabsOnto("#text")
	ana.keys("/lb-register api-lb/https-443 web-07 weight=50")
	ana.keys("\x1b")
	ana.enter()
	ana.reads(".message.private:last-of-type", "web-07")
	ana.tabsTo(".message.private:last-of-type .button.primary")
	ana.reads(everyone, "Added web-07 to https-443 on api-lb")
	chen.reads("#entries", "be-20d2") // its backend, in the answer
	chen.reads("#entries", "of 3,000 ms")
	chen.picture("log")

	// A reload keeps the person and the channel.
	require.NoError(t, chromedp.Do(ana.tab, chromedp.Reload()))
	ana.reads(".who", "Ana")
	ana.reads("#head", "inc-2041")
	ana.reads(everyone, "Added web-07 to https-443 on api-lb")
}
