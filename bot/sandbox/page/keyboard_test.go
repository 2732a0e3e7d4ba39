package page

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func TestAddingByKeyboardKeepsTheFocus(t *testing.T) {
	tab := browser(t)
	address, bot := play(t)
	x := visitor{t: t, tab: tab, shot: t.TempDir()}
	x.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address))
	x.until("document.activeElement.id === 'text'")
	x.do(chromedp.KeyEvent("\r"))
	x.reads(".message.private", "Nothing has changed yet")
	x.do(chromedp.Evaluate[chromedp.Void]("document.querySelector('.message .button.primary').focus()"),
		chromedp.KeyEvent("\r"))
	x.reads("#confirm[open]", "Add to a protected listener?")
	x.do(chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"))
	x.reads(".message:not(.private)", "be-20d1")
	x.until("document.activeElement.textContent.trim() === 'Add server'")
	// The preview that was used is taken away with its button.
	for _, m := range bot.slack.Messages("C0OPS", "U0ANA") {
		if m.Ephemeral {
			require.NoError(t, bot.slack.DeleteMessage(m.ChannelID, m.TS))
		}
	}
	x.until("!document.querySelector('.message.private')")
	x.until("document.activeElement.closest('.message, #messages') !== null")
}
