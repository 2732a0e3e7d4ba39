package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

// pickView is a form with two pick lists. Once a listener is chosen, a line
// stands under it.
func pickView(listener string) string {
	line := ""
	if listener != "" {
		line = `{"type":"context","block_id":"line","elements":[{"type":"mrkdwn","text":"Chosen: ` + listener +
			` · TCP 443 · 4 servers"}]},`
	}
	return `{"type":"modal","title":{"type":"plain_text","text":"Add server"},"submit":{"type":"plain_text",
  "text":"Check"},"blocks":[{"type":"input","block_id":"listener","dispatch_action":true,"label":{"type":"plain_text",
  "text":"Listener"},"hint":{"type":"plain_text","text":"Only listeners you may change are listed."},
  "element":{"type":"external_select","action_id":"pick_listener","min_query_length":0,"focus_on_load":true,
  "placeholder":{"type":"plain_text","text":"Search by name, ID or port"}}},` + line + `
 {"type":"input","block_id":"server","optional":true,"label":{"type":"plain_text","text":"Server"},
  "element":{"type":"external_select","action_id":"pick_server","min_query_length":2,"placeholder":{"type":"plain_text",
  "text":"Search by name, ID, host name or IP"}}},
 {"type":"input","block_id":"reason","optional":true,"label":{"type":"plain_text","text":"Reason"},
  "element":{"type":"plain_text_input","action_id":"v","multiline":true}}]}`
}

func offered(text, value, description string) string {
	return fmt.Sprintf(`{"text":{"type":"plain_text","text":%q},"value":%q,
		"description":{"type":"plain_text","text":%q}}`, text, value, description)
}

const longName = "a-listener-with-a-name-that-is-much-too-long-for-a-telephone-443"

// offers are the listeners or servers whose text contains what was typed.
func offers(action, typed string) string {
	if action == "pick_server" {
		list := []string{}
		for i := range 12 {
			name := fmt.Sprintf("web-%02d", i)
			if strings.Contains(name, typed) {
				list = append(list, offered(name+" (10.0.3.1)", fmt.Sprintf("i-%02d", i), "Bare metal · Running"))
			}
		}
		return `{"options":[` + strings.Join(list, ",") + `]}`
	}
	all := [][]string{{"https-443 on api-lb (TCP 443)", "lst-8f2c"}, {longName, "lst-long"},
		{"http-80 on api-lb", "lst-80aa"}, {"dns-53 on api-lb (UDP 53)", "lst-53d0"}}
	groups := []string{}
	for i, label := range []string{"Used lately here", "api-lb"} {
		list := []string{}
		for _, one := range all[i*1 : 1+i*3] {
			if strings.Contains(one[0], typed) {
				list = append(list, offered(one[0], one[1], "SIN1 · 4 servers · "+one[1]))
			}
		}
		if len(list) > 0 {
			groups = append(groups, `{"label":{"type":"plain_text","text":"`+label+`"},"options":[`+
				strings.Join(list, ",")+`]}`)
		}
	}
	return `{"option_groups":[` + strings.Join(groups, ",") + `]}`
}

// picker is a visitor who has the form with pick lists open.
type picker struct {
	visitor
	bot *smallBot
}

func picks(t *testing.T, suggest func(action, typed string) string, view ...chromedp.EmulateViewportOption) picker {
	t.Helper()
	tab := browser(t)
	address, bot := play(t)
	bot.suggest = suggest
	x := picker{visitor{t: t, tab: tab, shot: t.TempDir()}, bot}
	if folder := os.Getenv("SANDBOX_SCREENSHOTS"); folder != "" {
		x.shot = folder
	}
	width := int64(1440)
	if len(view) > 0 {
		width = 390
	}
	x.do(chromedp.EmulateViewport(width, 844, view...), chromedp.Navigate(address+"/?as=U0ANA&channel=C0OPS"))
	x.do(chromedp.SetValue(chromedp.ID("text"), "/lb-register pick"), chromedp.Focus(chromedp.ID("text")),
		chromedp.KeyEvent("\r"))
	x.reads("#modal[open]", "Add server")
	return x
}

const (
	listener = "[data-suggest='listener/pick_listener']"
	server   = "[data-suggest='server/pick_server']"
	shown    = ".offers:popover-open"
)

// says waits for words in place of options, and for the same words aloud.
func (x picker) says(combo, words string) {
	x.t.Helper()
	x.reads(shown+" > p", words)
	x.until(fmt.Sprintf("document.querySelector(%q).parentElement.querySelector('[role=status]').textContent === %q",
		combo, words))
}

// activeIs waits for the option that Enter would choose.
func (x picker) activeIs(text string) {
	x.t.Helper()
	x.until(fmt.Sprintf("document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"+
		"?.querySelector('b').textContent === %q", text))
}

func (x picker) holds(combo, text, value string) {
	x.t.Helper()
	require.Equal(x.t, text+"|"+value, x.value(fmt.Sprintf("(c => c.value + '|' + "+
		"c.parentElement.querySelector('[type=hidden]').value)(document.querySelector(%q))", combo)))
}

func (x picker) closed() {
	x.t.Helper()
	x.until("!document.querySelector('" + shown + "') && !document.querySelector('[aria-expanded=true]')")
	x.until("document.querySelector('#modal').open")
}

func TestSuggestionsAreDrawnInTheirGroups(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	s.views = []sandbox.View{{ID: "V1", Blocks: []byte(`[]`)}}
	s.options = []sandbox.Option{{Group: "<i>", Text: `web-07 "<x>"`, Value: "i-1", Description: "Bare metal"},
		{Group: "<i>", Text: "b", Value: "i-2"}, {Text: "c", Value: "i-3"}}
	h := pageOver(t, s, Options{})
	ask := url.Values{"as": {"U1"}, "view": {"V1"}, "action": {"srv"}, "typed": {"web"}}
	option := func(value, text, more string) string {
		return "\n" + `<div role="option" aria-selected="false" data-value="` + value + `" data-text="` + text +
			`">` + "\n" + `<b title="` + text + `">` + text + "</b>" + more + "</div>"
	}
	require.Equal(t, `<div role="group" aria-label="&lt;i&gt;"><p aria-hidden="true">&lt;i&gt;</p>`+
		option("i-1", "web-07 &#34;&lt;x&gt;&#34;", "<small>Bare metal</small>")+option("i-2", "b", "")+"</div>"+
		option("i-3", "c", ""), send(h, "POST", "/view/suggest", ask).Body.String())
	s.options = nil
	require.Empty(t, send(h, "POST", "/view/suggest", ask).Body.String())
	s.answer = sandbox.Interaction{Failure: "menu_error"}
	require.Equal(t, http.StatusBadGateway, send(h, "POST", "/view/suggest", ask).Code)
}

func TestPickingByMouse(t *testing.T) {
	x := picks(t, offers)
	x.until("document.activeElement.dataset.suggest === 'listener/pick_listener'")
	x.closed()
	x.press(listener)
	x.reads(shown+" [role=group]", "Used lately here")
	require.Equal(t, "true", x.value("String(document.activeElement.getAttribute('aria-expanded'))"))
	x.picture("pick-1-open")
	x.do(chromedp.SendKeys(chromedp.CSS("[name*=reason]"), "inc-2041"))
	x.closed()
	x.press(listener)
	x.press(shown + " [data-value='lst-8f2c']")
	x.closed()
	x.holds(listener, "https-443 on api-lb (TCP 443)", "lst-8f2c")
	x.reads(".view .context", "Chosen: lst-8f2c")
	require.Equal(t, "pick_listener lst-8f2c", x.bot.notes())
	require.Equal(t, "inc-2041", x.value("document.querySelector('[name*=reason]').value"))
	x.until("document.activeElement.dataset.suggest === 'listener/pick_listener'")
	x.picture("pick-2-chosen")

	// A page that is loaded again shows what the form holds.
	x.do(chromedp.Reload())
	x.reads("#modal[open]", "Add server")
	x.holds(listener, "https-443 on api-lb (TCP 443)", "lst-8f2c")

	// The server's list asks for two letters. It can be cleared, as it is optional.
	x.press(server)
	x.says(server, "Type 2 letters")
	x.do(chromedp.KeyEvent("web"))
	x.press(shown + " [data-value='i-07']")
	x.holds(server, "web-07 (10.0.3.1)", "i-07")
	x.press("[aria-label='Clear Server']")
	x.holds(server, "", "")
	x.until("!document.querySelector('.clear').checkVisibility()")
	require.Equal(t, "pick_listener lst-8f2c", x.bot.notes(), "the server's list does not dispatch")
	x.press(server)
	x.do(chromedp.KeyEvent("11"))
	x.press(shown + " [data-value='i-11']")
	x.press(".view footer .primary")
	x.until("!document.querySelector('#modal').open")
	require.Contains(t, x.bot.notes(), `"selected_option":{"description":`)
	require.Contains(t, x.bot.notes(), `"value":"i-11"`)
	require.Contains(t, x.bot.notes(), `"value":"lst-8f2c"`)
}

func TestPickingByKeyboard(t *testing.T) {
	x := picks(t, offers)
	x.until("document.activeElement.dataset.suggest === 'listener/pick_listener'")
	x.do(chromedp.KeyEvent(kb.ArrowDown))
	x.activeIs("https-443 on api-lb (TCP 443)")
	x.until("document.querySelector('.pick [role=status]').textContent === '4 matches'")
	x.do(chromedp.KeyEvent(kb.ArrowDown))
	x.activeIs(longName)
	x.do(chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp)) // up and around
	x.activeIs("dns-53 on api-lb (UDP 53)")
	x.do(chromedp.KeyEvent("\x1b"))
	x.closed()
	x.holds(listener, "", "")

	x.do(chromedp.KeyEvent("nonsense"))
	x.says(listener, "No matches")
	x.enters()
	require.Equal(t, "true", x.value("document.activeElement.getAttribute('aria-expanded')"), "Enter sends nothing")
	x.do(chromedp.KeyEvent("\t"))
	x.closed()
	x.holds(listener, "", "")
	x.until("document.activeElement.dataset.suggest === 'server/pick_server'")
	x.do(chromedp.KeyEvent("web-03"))
	x.activeIs("web-03 (10.0.3.1)")
	x.enters()
	x.closed()
	x.holds(server, "web-03 (10.0.3.1)", "i-03")

	// What is typed over a choice and left does not change it.
	x.do(chromedp.Evaluate[chromedp.Void]("document.activeElement.select()"), chromedp.KeyEvent("web-05"))
	x.activeIs("web-05 (10.0.3.1)")
	x.do(chromedp.KeyEvent("\t"))
	x.holds(server, "web-03 (10.0.3.1)", "i-03")
	x.until("document.activeElement.getAttribute('aria-label') === 'Clear Server'")
	x.enters()
	x.until("document.activeElement.dataset.suggest === 'server/pick_server'")
	x.holds(server, "", "")
	x.do(chromedp.KeyEvent("\x1b"))
	x.until("!document.querySelector('#modal').open")
}

func TestSlowerAnswerOfAnEarlierQueryIsDropped(t *testing.T) {
	slow, asked := make(chan struct{}), make(chan string, 99)
	x := picks(t, func(action, typed string) string {
		asked <- typed
		if typed == "we" {
			<-slow
		}
		return offers(action, typed)
	})
	questions := 0
	until := func(typed string) { // a slow typist causes more questions
		for got := ""; got != typed; questions++ {
			got = <-asked
		}
	}
	x.press(server)
	x.do(chromedp.KeyEvent("we"))
	until("we")
	x.says(server, "Loading …")
	x.do(chromedp.KeyEvent("b-07"))
	until("web-07")
	x.activeIs("web-07 (10.0.3.1)")
	close(slow)
	x.until(fmt.Sprintf("performance.getEntriesByType('resource').filter(e => e.name.endsWith('/view/suggest'))"+
		".length === %d", questions))
	x.until("document.querySelectorAll('" + shown + " [role=option]').length === 1")
	x.do(chromedp.KeyEvent("\b"))
	until("web-0")
	x.until("document.querySelectorAll('" + shown + " [role=option]').length === 10")
}

func TestListSaysThatItCouldNotLoad(t *testing.T) {
	broken := make(chan bool, 1)
	broken <- true
	x := picks(t, func(action, typed string) string {
		select {
		case <-broken:
			return `{}`
		default:
			return offers(action, typed)
		}
	})
	x.press(listener)
	x.says(listener, "This list could not load")
	x.picture("pick-3-trouble")
	x.do(chromedp.KeyEvent("dns"))
	x.activeIs("dns-53 on api-lb (UDP 53)")
	require.Empty(t, x.value("document.querySelector('"+shown+" > p').textContent"))
}

func TestUpdateFromElsewhereLeavesAnOpenListAlone(t *testing.T) {
	x := picks(t, offers)
	x.press(server)
	x.do(chromedp.KeyEvent("web-0"))
	x.activeIs("web-00 (10.0.3.1)")
	x.do(chromedp.KeyEvent(kb.ArrowDown))
	x.activeIs("web-01 (10.0.3.1)")
	id := x.bot.slack.Views("U0ANA")[0].ID
	x.bot.call("views.update", map[string]any{"view_id": id, "view": json.RawMessage(pickView("lst-new"))})
	x.reads(".view .context", "Chosen: lst-new")
	require.Equal(t, "web-0", x.value("document.activeElement.value"))
	require.Equal(t, "true", x.value("document.activeElement.getAttribute('aria-expanded')"))
	x.until("Math.abs(document.querySelector('" + shown + "').getBoundingClientRect().top - 4 - " +
		"document.activeElement.getBoundingClientRect().bottom) < 1")
	x.do(chromedp.KeyEvent(kb.ArrowDown))
	x.activeIs("web-02 (10.0.3.1)")
	x.enters()
	x.holds(server, "web-02 (10.0.3.1)", "i-02")

	// A field that goes away gives the focus to the first of the new form, and a
	// form without fields to its button, until it has fields.
	x.bot.call("views.update", map[string]any{"view_id": id, "view": json.RawMessage(poolView)})
	x.until("document.activeElement.textContent === 'Back'")
	x.bot.call("views.update", map[string]any{"view_id": id, "view": json.RawMessage(formView)})
	x.reads(".view label", "Weight")
	x.until("document.activeElement.tagName === 'TEXTAREA'") // focus_on_load
	x.until("!document.querySelector('.pick')")
}

func TestPickListFitsAPhoneAndTheDark(t *testing.T) {
	x := picks(t, offers, chromedp.EmulateMobile, chromedp.EmulateTouch)
	x.press(listener)
	x.reads(shown+" [role=group]", "api-lb")
	x.picture("pick-4-phone")
	require.Equal(t, "390", x.value("String(document.documentElement.scrollWidth)"))
	require.Empty(t, x.value(`[...document.querySelectorAll(".view .pick > input:not([type=hidden]), `+shown+
		` [role=option]")].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML).join()`))
	require.Empty(t, x.value(`[...document.querySelectorAll("`+shown+` *")].filter(e => {
		const r = e.getBoundingClientRect(); return r.right > 390 || r.left < 0; }).map(e => e.outerHTML).join()`))
	require.Equal(t, "true", x.value("String((b => b.scrollWidth > b.clientWidth)(document.querySelector('"+shown+
		" [data-value=lst-long] b')))"), "a long name is cut")
	x.press(shown + " [data-value='lst-long']")
	x.reads(".view .context", "Chosen: lst-long")
	x.press(server)
	x.do(chromedp.KeyEvent("web"))
	x.reads(shown, "web-11")
	_, err := chromedp.Call(x.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	require.NoError(t, err)
	x.picture("pick-5-phone-dark")
	x.do(chromedp.EmulateViewport(1440, 900))
	x.until("document.querySelector('" + shown + "').getBoundingClientRect().bottom <= 900")
	x.picture("pick-6-dark")
}
