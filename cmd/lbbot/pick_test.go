package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	keys "github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// The lists of the form. Only one is open at a time.
const (
	listenerList = "#modal .view:not([hidden]) [data-suggest*=listener]"
	serverList   = "#modal .view:not([hidden]) [data-suggest*=server]"
	openList     = ".offers:popover-open"
)

// picks clicks the option with the text in the list that is open.
func (r reader) picks(text string) {
	r.t.Helper()
	r.reads(openList+" [role=option]", text)
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`[...document.querySelectorAll("%s [role=option]")].find(o => o.textContent.includes(%q)).id = "wanted"`,
		openList, text)), chromedp.Click(chromedp.ID("wanted"), chromedp.NodeVisible)))
}

// keys types into the field that has the focus.
func (r reader) keys(text string) {
	r.t.Helper()
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.KeyEvent(text)))
}

// enter presses Enter as a keyboard does, without a line break where the page
// prevents it.
func (r reader) enter() {
	r.t.Helper()
	_, err := chromedp.Call(r.tab, keys.DispatchKeyEvent, keys.DispatchKeyEventParams{Type: "keyDown", Text: "\r",
		Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13})
	require.NoError(r.t, err)
}

func (r reader) until(condition string) {
	r.t.Helper()
	_, err := chromedp.Run(r.tab, chromedp.Poll[bool](condition))
	if err != nil {
		r.picture("stuck")
	}
	require.NoError(r.t, err, condition)
}

func (r reader) read(expression string) string {
	r.t.Helper()
	text, err := chromedp.Run(r.tab, chromedp.Evaluate[string](expression))
	require.NoError(r.t, err)
	return text
}

func (r reader) focusIsOn(selector string) {
	r.t.Helper()
	r.until(fmt.Sprintf("document.activeElement.matches(%q)", selector))
}

// activates waits until Enter would choose the option with the text.
func (r reader) activates(text string) {
	r.t.Helper()
	r.until(fmt.Sprintf("document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"+
		"?.textContent.includes(%q)", text))
}

// dark switches to the dark colours or back.
func (r reader) dark(on bool) {
	r.t.Helper()
	value := map[bool]string{true: "dark", false: "light"}[on]
	_, err := chromedp.Call(r.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value},
			{Name: "prefers-reduced-motion", Value: "reduce"}}})
	require.NoError(r.t, err)
}

// inBoth takes a picture in light and one in dark.
func (r reader) inBoth(name string) {
	r.t.Helper()
	r.picture(name)
	r.dark(true)
	r.picture(name + "-dark")
	r.dark(false)
}

func TestServerIsAddedByMouseFromTheLists(t *testing.T) {
	r, _ := visit(t)
	r.types("/lb-register")
	r.reads("#modal[open]", "Only listeners you may change are listed.")
	r.focusIsOn(listenerList)
	r.inBoth("pick-form")
	r.presses(listenerList)
	r.reads(openList, "https-443 on api-lb (TCP 443)")
	r.inBoth("pick-listeners")
	r.picks("https-443 on api-lb (TCP 443)")
	r.reads("#modal .context", "api-lb · TCP 443 · weighted round robin · health check on · 4 servers")
	r.reads("#modal .hint", "The other servers on this listener use 50.")
	r.presses(serverList)
	r.reads(openList, "Type 2 letters")
	r.keys("10.0.3.1")
	r.reads(openList, "web-07 (10.0.3.17)")
	r.inBoth("pick-servers")
	r.picks("web-07 (10.0.3.17)")
	r.inBoth("pick-filled")
	r.presses("#modal button[type=submit]")
	r.reads("#modal[open]", "Check and add")
	r.picture("pick-preview")
	r.presses("#modal .view:not([hidden]) button[type=submit]")
	r.reads(".message:not(.private)", "Added web-07 to https-443 on api-lb")

	// The listener leads the list from now on.
	r.types("/lb-register")
	r.reads("#modal[open]", "Only listeners you may change are listed.")
	r.presses(listenerList)
	r.reads(openList+" [role=group]:first-child", "Used lately here")
	r.reads(openList+" [role=group]:first-child", "https-443 on api-lb (TCP 443)")
	r.inBoth("pick-lately")
}

func TestServerIsAddedByKeyboardFromTheLists(t *testing.T) {
	r, _ := visit(t)
	r.types("/lb-register")
	r.focusIsOn(listenerList)
	r.keys("443")
	r.activates("https-443 on api-lb (TCP 443)")
	r.enter()
	r.reads("#modal .context", "api-lb · TCP 443")
	r.focusIsOn(listenerList)
	r.keys("\t")
	r.focusIsOn(serverList)
	r.keys("web-0")
	r.activates("web-0")
	r.keys(kb.ArrowDown + kb.ArrowUp)
	r.activates("web-0")
	r.keys(kb.Escape)
	r.until("!document.querySelector('" + openList + "') && document.querySelector('#modal').open")
	r.keys("web-06")
	r.activates("web-06 (10.0.3.16)")
	r.enter()
	r.until("document.querySelector('" + serverList + "').value.startsWith('web-06')")
	r.enter() // the list is closed, so that Enter sends the form
	r.reads("#modal[open]", "Check and add")
	r.enter()
	r.reads(".message:not(.private)", "Added web-06 to https-443 on api-lb")
}

func TestChoosingAListenerKeepsWhatIsTyped(t *testing.T) {
	r, address := visit(t)
	r.as(address, "U0ANA", "C0INC2041")
	r.types("/lb-register")
	r.reads("#modal[open]", "Only listeners you may change are listed.")
	for field, text := range map[string]string{"ports": "8080", "weight": "20", "reason": "inc-2041"} {
		require.NoError(t, chromedp.Do(r.tab, chromedp.SendKeys(chromedp.CSS("#modal [name*=field_"+field+"]"), text)))
	}
	typed := func() string {
		return r.read(`["ports", "weight", "reason"].map(n => document.querySelector("#modal [name*=field_" + n + "]")
			?.value).join("|")`)
	}
	before := typed()
	require.Regexp(t, `^8080\|20\|.*inc-2041`, before)
	r.presses(listenerList)
	r.keys("hls")
	r.picks("hls-8080 on media-lb (TCP 8080)")
	r.reads("#modal .context", "media-lb · TCP 8080 · round robin")
	r.reads("#modal .hint", "This listener shares traffic equally")
	require.Equal(t, before, typed())

	// Direct routing has no field for ports; what was typed there comes back with it.
	r.presses(listenerList)
	r.keys("wireguard")
	r.picks("wireguard-51820 on vpn-lb (UDP 51820)")
	r.reads("#modal .section", "ports follow the listener")
	r.focusIsOn(listenerList)
	r.inBoth("pick-direct")
	r.presses(listenerList)
	r.keys("lst-8f2c")
	r.picks("https-443 on api-lb (TCP 443)")
	r.reads("#modal .context", "api-lb")
	r.until(`document.querySelector("#modal [name*=field_ports]") !== null`)
	require.Equal(t, before, typed())
}

func TestListsFitAPhone(t *testing.T) {
	r, address := visit(t)
	require.NoError(t, chromedp.Do(r.tab,
		chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(address)))
	r.types("/lb-register")
	r.reads("#modal[open]", "Only listeners you may change are listed.")
	r.inBoth("phone-pick-form")
	r.presses(listenerList)
	r.reads(openList, "https-443 on api-lb (TCP 443)")
	r.inBoth("phone-pick-listeners")
	r.fits("the listeners")
	r.picks("https-443 on api-lb (TCP 443)")
	r.reads("#modal .context", "api-lb")
	r.presses(serverList)
	r.keys("web")
	r.reads(openList, "web-07 (10.0.3.17)")
	r.inBoth("phone-pick-servers")
	r.fits("the servers")
	r.picks("web-07 (10.0.3.17)")
	r.inBoth("phone-pick-filled")
	require.Empty(t, r.read(`[...document.querySelectorAll(".view:not([hidden]) :is(button, input, select, textarea)")]
		.filter(e => e.type !== "checkbox" && e.checkVisibility() && e.getBoundingClientRect().height < 44)
		.map(e => e.outerHTML).join()`), "too small to touch")
	r.presses("#modal button[type=submit]")
	r.reads("#modal[open]", "Check and add")
	r.fits("the preview")
	r.presses("#modal .view:not([hidden]) button[type=submit]")
	r.reads(".message:not(.private)", "Added web-07 to https-443 on api-lb")
}

func TestFormTakesTypedIDsWhileTheCloudIsOff(t *testing.T) {
	r, _ := visit(t)
	r.presses("#switch button")
	r.reads("#switch", "The cloud is off.")
	r.until("!document.querySelector('#status .banner')")
	r.types("/lb-register")
	r.reads("#modal[open]", "You can type IDs")
	r.inBoth("pick-off")
	require.NoError(t, chromedp.Do(r.tab,
		chromedp.SendKeys(chromedp.CSS("#modal [name*=field_listener]"), "lst-8f2c"),
		chromedp.SendKeys(chromedp.CSS("#modal [name*=field_server]"), "i-55a1")))
	r.presses("#modal button[type=submit]")
	// on the field, or on top of the form if the answer took longer than Slack waits
	r.reads("#modal[open]", "Zenlayer did not answer, so I could not check. Nothing was changed.")
	r.inBoth("pick-off-checked")
	require.NotContains(t, r.read("document.querySelector('#calls').textContent"), "RegisterBackend")
	r.keys(kb.Escape)
	r.until("!document.querySelector('#modal').open")
	r.presses("#switch button")
	r.reads("#switch", "Switch the cloud off")
	r.types("/lb-register lst-8f2c i-55a1")
	r.reads(".message.private", "Nothing has changed yet")
}
