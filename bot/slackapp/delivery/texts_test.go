package delivery

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/socket"
)

// textsOf reads a message as it comes with a message shortcut.
func textsOf(t *testing.T, message string) *Message {
	t.Helper()
	d, err := Decode(socket.Envelope{ID: "env", Type: "interactive",
		Payload: json.RawMessage(`{"type":"message_action","user":{"id":"U1"},"message":` + message + `}`)})
	require.NoError(t, err)
	require.NotNil(t, d.Message)
	return d.Message
}

func TestTextsOfAMessageAreThoseThatPeopleRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		message string
		want    []string
	}{
		"a plain message": {`{"type":"message","text":"web-07 &gt; 90 %"}`, []string{"web-07 &gt; 90 %"}},
		"the text of blocks": {`{"text":"one","blocks":[{"type":"header","text":{"type":"plain_text","text":"two"}},
			{"type":"section","text":{"type":"mrkdwn","text":"three"},"fields":[{"type":"mrkdwn",
			"text":"*Host:*\nfour"}],
			"accessory":{"type":"button","text":{"type":"plain_text","text":"Silence"}}},
			{"type":"context","elements":[{"type":"mrkdwn","text":"five"},{"type":"image","image_url":"https://x"}]},
			{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Open"},
			"value":"web-08"}]}]}`,
			[]string{"one", "two", "three", "*Host:*\nfour", "five"}},
		"one paragraph of rich text": {`{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section",
		"elements":[
			{"type":"text","text":"Host ","style":{"bold":true}},{"type":"link","url":"http://web-07.example",
			"text":"web-07"},
			{"type":"user","user_id":"U1"},{"type":"link","url":"https://x"}]},
			{"type":"rich_text_list","elements":[{"type":"rich_text_section","elements":[{"type":"text",
			"text":"item"}]}]},
			{"type":"rich_text_preformatted","elements":[{"type":"text","text":"code"}]}]}]}`,
			[]string{"Host <http://web-07.example|web-07> <https://x>", "item", "code"}},
		"struck-out text": {`{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
			{"type":"text","text":"web-08","style":{"strike":true}},{"type":"text","text":" down"}]}]}]}`,
			[]string{"~web-08~ down"}},
		"attachments with fields": {`{"attachments":[{"fallback":"f","pretext":"p","title":"t",
		"title_link":"https://x",
			"text":"b","fields":[{"title":"Host","value":"web-07","short":true}],"footer":"foot","ts":1,
			"color":"#fff"}]}`,
			[]string{"p", "t", "b", "f", "foot", "Host: web-07"}},
		"a forwarded message": {`{"text":"look","attachments":[{"is_share":true,"author_name":"Grafana",
		"message_blocks":[
			{"team":"T1","message":{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
			{"type":"text","text":"web-07 is down"}]}]}]}}],"from_url":"https://x"}]}`,
			[]string{"look", "Grafana", "web-07 is down"}},
		"a table": {`{"blocks":[{"type":"table","rows":[[{"type":"raw_text","text":"Host"}],
			[{"type":"raw_text","text":"web-07"}]]}]}`, []string{"Host", "web-07"}},
		"the same text once":            {`{"text":"a","attachments":[{"text":"a","fallback":"a"}]}`, []string{"a"}},
		"not the message it answers to": {`{"text":"a","root":{"text":"b"}}`, []string{"a"}},
		"a block of an unknown kind": {`{"blocks":[7,null,"x",{"type":{},"text":[1],"new":{"text":"a"}}]}`,
			[]string{"a"}},
		"no message": {`null`, nil},
		"no object":  {`[1]`, nil},
	}
	for name, tt := range tests {
		got := textsOf(t, tt.message)
		require.Equal(t, tt.want, got.Texts, name)
		require.False(t, got.Cut, name)
	}
}

func TestATooLargeMessageIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", maxText)
	tests := map[string]string{
		"too long a text":     `{"text":"` + long + `x"}`,
		"too many texts":      `{"text":"` + long + `","blocks":[{"text":"x"}]}`,
		"too deep":            strings.Repeat(`{"a":`, maxDepth+2) + `{"text":"x"}` + strings.Repeat(`}`, maxDepth+2),
		"too many parts":      `{"blocks":[` + strings.Repeat(`{},`, maxParts) + `{}]}`,
		"too many in one row": `{"type":"rich_text_section","elements":[` + strings.Repeat(`{},`, maxParts) + `{}]}`,
	}
	for name, message := range tests {
		require.True(t, textsOf(t, message).Cut, name)
	}
	require.False(t, textsOf(t, `{"text":"`+long+`"}`).Cut)
}

func TestAMessageOfAnyShapeLeavesTheEnvelopeReadable(t *testing.T) {
	t.Parallel()
	const message = `{"ts":"1.1","thread_ts":"1.0","text":"a","blocks":[{"type":"section","text":{"type":"mrkdwn",
		"text":"b"},"fields":[{"type":"mrkdwn","text":"c"}]}],"attachments":[{"fields":[{"title":"t","value":"v"}]}]}`
	for _, s := range examples.Shifts(message) {
		textsOf(t, s.Sample)
	}
}
