package page

import (
	"encoding/json"
	"flag"
	"html"
	"html/template"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

var updatePages = flag.Bool("update", false, "rewrite the golden HTML of the page's blocks")

// sampleNames is what the ids of these tests stand for.
func sampleNames() names {
	return names{
		people:   map[string]string{"": "lbbot", "U1": "Ana <b>", "U2": "Bo"},
		channels: map[string]string{"C1": "ops"},
		groups:   map[string]string{"S1": "sre"},
		pickPeople: []choice{
			{Value: "U1", Plain: "Ana <b>", Text: plainHTML("Ana <b>")}, {Value: "U2", Plain: "Bo", Text: "Bo"},
		},
		pickChannels: []sandbox.Channel{
			{ID: "C1", Name: "ops"}, {ID: "C2", Name: "secret", Private: true},
			{ID: "C3", Name: "partners", ExtShared: true}, {ID: "D1", IM: "U1"},
		},
		current: "C2",
	}
}

func TestMrkdwnReadsAsAtSlack(t *testing.T) {
	t.Parallel()
	singapore, err := time.LoadLocation("Asia/Singapore")
	require.NoError(t, err)
	tests := map[string]struct{ text, want string }{
		"bold, italic, struck":            {"*a b* _c_ ~d~", "<strong>a b</strong> <em>c</em> <s>d</s>"},
		"styles nest":                     {"*a _b_*", "<strong>a <em>b</em></strong>"},
		"marks inside words are letters":  {"snake_case_name 2*3*4", "snake_case_name 2*3*4"},
		"marks beside spaces are letters": {"* a * _ b", "* a * _ b"},
		"a lone mark is a letter":         {"5 * 4", "5 * 4"},
		"empty styles are letters":        {"** __ ~~", "** __ ~~"},
		"styles end with the line":        {"*a\nb*", "*a<br>b*"},
		"code keeps its marks":            {"`a *b* <@U2>`", "<code>a *b* @Bo</code>"},
		"a lone backtick is a letter":     {"a ` b", "a ` b"},
		"code inside bold":                {"*a `x*y` b*", "<strong>a <code>x*y</code> b</strong>"},
		"a code block": {"see\n```/lb-register *x*\n&lt;y&gt;```\nend",
			"see<pre><code>/lb-register *x*\n&lt;y&gt;</code></pre>end"},
		"an open code block is text": {"```abc", "```abc"},
		"a quote":                    {"&gt; one\n&gt; two\nrest", "<blockquote>one<br>two</blockquote>rest"},
		"entities":                   {"a &amp; b &lt;c&gt; &amp;lt;", "a &amp; b &lt;c&gt; &amp;lt;"},
		"other entities are text":    {"&quot;&#39;&nbsp;", "&amp;quot;&amp;#39;&amp;nbsp;"},
		"a link with a label": {"<https://a.example/x?a=1&amp;b=2|see *this*>",
			`<a href="https://a.example/x?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">see *this*</a>`},
		"a bare link": {"<https://a.example>",
			`<a href="https://a.example" target="_blank" rel="noopener noreferrer">https://a.example</a>`},
		"a mail address": {"<mailto:a@b.example|mail>",
			`<a href="mailto:a@b.example" target="_blank" rel="noopener noreferrer">mail</a>`},
		"a person":              {"<@U2>", `<span class="mention">@Bo</span>`},
		"a person nobody knows": {"<@U9>", `<span class="mention">@U9</span>`},
		"a channel": {"<#C1> <#C8|eight>",
			`<span class="mention">#ops</span> <span class="mention">#eight</span>`},
		"a user group": {"<!subteam^S1> <!subteam^S2|@web>",
			`<span class="mention">@sre</span> <span class="mention">@web</span>`},
		"everybody": {"<!channel>", `<span class="mention">@channel</span>`},
		"a date": {"<!date^1795430064^at {time_secs} on {date_num}|then>",
			`<time datetime="2026-11-23T10:34:24Z" title="2026-11-23 10:34:24 UTC">at 18:34:24 on 2026-11-23</time>`},
		"a date's unknown token stays": {"<!date^1795430064^{ago} 2006|x>",
			`<time datetime="2026-11-23T10:34:24Z" title="2026-11-23 10:34:24 UTC">{ago} 2006</time>`},
		"a date with a link": {"<!date^1795430064^{time}^https://a.example/|x>",
			`<a href="https://a.example/" target="_blank" rel="noopener noreferrer">` +
				`<time datetime="2026-11-23T10:34:24Z" title="2026-11-23 10:34:24 UTC">18:34</time></a>`},
		"a date that is none":               {"<!date^soon^{time}|then &amp; there>", "then &amp; there"},
		"a date beyond the calendar":        {"<!date^99999999999999^{time}|late>", "late"},
		"an angle that is no reference":     {"a < b > c <x>", "a &lt; b &gt; c &lt;x&gt;"},
		"an empty reference":                {"<> <|>", "&lt;&gt; &lt;|&gt;"},
		"nothing":                           {"", ""},
		"letters of other scripts, a smile": {"*你好* 🙂", "<strong>你好</strong> 🙂"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := sampleNames()
			n.zone = singapore
			require.Equal(t, tt.want, string(n.mrkdwn(tt.text)))
		})
	}
}

// hostile are texts that want to become part of the page.
var hostile = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`"><svg onload=alert(1)>`,
	`' onmouseover='alert(1)`,
	`<javascript:alert(1)|click>`,
	`<JaVaScRiPt:alert(1)>`,
	` <data:text/html,<script>alert(1)</script>|x>`,
	`<https://a.example/"onclick="alert(1)|x>`,
	`<https://a.example|<img src=x onerror=alert(1)>>`,
	`<@U1|"><script>alert(1)</script>>`,
	`<@U1>`,
	`<#C9|<b>x</b>>`,
	`<!date^1^<img src=x onerror=alert(1)>^javascript:alert(1)|<script>x</script>>`,
	`<!date^1^{date}^https://a.example/' onclick='x|y>`,
	"```</pre><script>alert(1)</script>```",
	"`</code><script>alert(1)</script>`",
	`*<script>alert(1)</script>*`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`,
	`<https:0>`,
	`<http:/path|x>`,
	`<https://|x>`,
	`<mailto:/x>`,
	`<hx-partial hx-target="body">x</hx-partial>`,
	`</textarea></template></form><script>alert(1)</script>`,
	"\x00\xff<b>\xed\xa0\x80",
	`{{.As}} {{template "whole"}}`,
	"*_~`<" + strings.Repeat("*_~`<@", 20),
}

// What the templates and the renderer write: a tag with attributes in double
// quotes. Anything else with an angle in it is text that got through.
var (
	writtenTag  = regexp.MustCompile(`^<(/?[a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*) ?/?>`)
	writtenAttr = regexp.MustCompile(`\s+([a-z-]+)(?:="([^"]*)")?`)
)

// harmless fails on any angle bracket, tag or attribute that the page's own
// templates and renderer do not write.
func harmless(t *testing.T, page string) {
	t.Helper()
	for rest := page; ; {
		i := strings.IndexAny(rest, "<>")
		if i < 0 {
			return
		}
		found := writtenTag.FindStringSubmatch(rest[i:])
		require.NotNil(t, found, "%.80s\nin %s", rest[i:], page)
		rest = rest[i+len(found[0]):]
		require.NotContains(t, []string{"script", "img", "iframe", "object", "embed", "style", "link", "meta", "base"},
			found[1], page)
		for _, attr := range writtenAttr.FindAllStringSubmatch(found[2], -1) {
			name, value := attr[1], html.UnescapeString(attr[2])
			require.NotRegexp(t, `^(on|style$|srcdoc$|src$)`, name, page)
			if name == "href" && !strings.HasPrefix(value, "#i-") {
				require.Regexp(t, `^(https?://[^/?#]|mailto:[^/])`, value)
			}
		}
	}
}

func TestNoTextBecomesPartOfThePage(t *testing.T) {
	t.Parallel()
	templates := blockTemplates(t)
	for _, text := range hostile {
		harmless(t, string(sampleNames().mrkdwn(text)))
		harmless(t, string(plainHTML(text)))
		for _, in := range []place{{Viewer: text, ChannelID: text, TS: text, names: sampleNames()},
			{Viewer: text, ViewID: text, names: sampleNames(), errors: map[string]string{text: text}}} {
			for _, block := range everywhere(text) {
				page := drawn(t, templates, in, rawJSON(t, []any{block}))
				harmless(t, page)
				require.NotContains(t, page, "ZgotmplZ")
			}
		}
	}
}

// everywhere is a block of each kind with the text in every place of it.
func everywhere(text string) []map[string]any {
	type object = map[string]any
	words := object{"type": "plain_text", "text": text}
	rich := object{"type": "mrkdwn", "text": text}
	confirm := object{"title": words, "text": rich, "confirm": words, "deny": words, "style": text}
	option := object{"text": rich, "value": text, "description": words, "url": text}
	element := func(kind string) object {
		return object{
			"type": kind, "action_id": text, "text": words, "value": text, "url": text, "style": text,
			"accessibility_label": text,
			"placeholder":         words, "initial_value": text, "initial_option": option, "options": []any{option},
			"confirm":       confirm,
			"option_groups": []any{object{"label": words, "options": []any{option}}},
		}
	}
	blocks := []map[string]any{
		{"type": text, "x": text}, {"type": "divider", "block_id": text}, {"type": "header", "text": words},
		{"type": "alert", "level": text, "text": rich},
		{"type": "context", "elements": []any{rich, words, object{"type": text}}},
	}
	for _, kind := range []string{
		"button", "overflow", "plain_text_input", "number_input", "checkboxes", "static_select", "external_select",
		"conversations_select", "file_input", text,
	} {
		blocks = append(blocks,
			map[string]any{"type": "section", "block_id": text, "text": rich, "fields": []any{rich, words},
				"accessory": element(kind)},
			map[string]any{"type": "actions", "block_id": text, "elements": []any{element(kind)}},
			map[string]any{"type": "input", "block_id": text, "label": words, "hint": words, "element": element(kind)})
	}
	return blocks
}

func blockTemplates(t *testing.T) *template.Template {
	t.Helper()
	templates, err := template.ParseFS(pageFiles, "templates/*.html")
	require.NoError(t, err)
	return templates
}

func drawn(t *testing.T, templates *template.Template, p place, raw json.RawMessage) string {
	t.Helper()
	var out strings.Builder
	for _, b := range p.blocks(raw) {
		require.NoError(t, templates.ExecuteTemplate(&out, "block", b))
	}
	return out.String()
}

func TestBlocksAreDrawnAsInTheGoldenFiles(t *testing.T) {
	t.Parallel()
	templates := blockTemplates(t)
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			p := place{Viewer: "U1", ChannelID: "C1", TS: "1795430000.000100", names: sampleNames()}
			if strings.HasPrefix(filepath.Base(file), "view_") {
				p = place{Viewer: "U1", ViewID: "V1", names: sampleNames(),
					errors: map[string]string{"weight": "Use a whole number."}}
			}
			got := drawn(t, templates, p, raw)
			golden := strings.TrimSuffix(file, ".json") + ".html"
			if *updatePages {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
			harmless(t, got)
			require.NotContains(t, got, "ZgotmplZ")
		})
	}
}

func TestPageLinksOnlyToWholeAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"https://a.example/x?y=1":   "https://a.example/x?y=1",
		"http://127.0.0.1:80":       "http://127.0.0.1:80",
		"mailto:ana@a.example":      "mailto:ana@a.example",
		"https:0":                   "", // browsers take it for a path of the page
		"https:a.example":           "",
		"https:/a.example":          "",
		"https:///a.example":        "",
		"HTTP:0":                    "",
		"mailto:":                   "",
		"mailto:/x":                 "",
		"//a.example":               "",
		"/x":                        "",
		"":                          "",
		"javascript:alert(1)":       "",
		"data:text/html,<b>x</b>":   "",
		"https://a.example/\x00":    "",
		"https://a.example:port/":   "",
		"ftp://a.example/something": "",
	}
	for address, want := range tests {
		require.Equal(t, want, webURL(address), address)
	}
}

func TestWhatIsNoBlockBecomesALabelledBox(t *testing.T) {
	t.Parallel()
	templates := blockTemplates(t)
	tests := map[string]struct{ blocks, label string }{
		"no array":                         {`{"type":"section"}`, "blocks"},
		"no JSON":                          {`nonsense`, "blocks"},
		"a block that is no object":        {`[1]`, "?"},
		"a block without a type":           {`[{}]`, ""},
		"a block we do not draw":           {`[{"type":"rich_text","elements":[]}]`, "rich_text"},
		"a field of the wrong kind":        {`[{"type":"section","fields":"x"}]`, "section"},
		"a section whose text is a number": {`[{"type":"section","text":1}]`, "section"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := drawn(t, templates, place{}, json.RawMessage(tt.blocks))
			require.Contains(t, got, "does not draw blocks of type <code>"+tt.label+"</code>")
		})
	}
	require.Contains(t,
		drawn(t, templates, place{},
			json.RawMessage(`[{"type":"actions","elements":[{"type":"feedback_buttons"},7]}]`)),
		"Element of type <code>feedback_buttons</code>")
	require.Empty(t, drawn(t, templates, place{}, json.RawMessage(`null`)))
	require.Empty(t, drawn(t, templates, place{}, nil))
}

func TestNoTwoFieldsShareANameOrAnID(t *testing.T) {
	t.Parallel()
	ids := [][2]string{{"a", "b.c"}, {"a.b", "c"}, {"a-2e-b", "c"}, {"a", "b"}, {"", "a.b"}, {`a","b`, "c"}, {"A", "b"},
		{"ä", "b"}}
	names, anchors := map[string]bool{}, map[string]bool{}
	for _, id := range ids {
		names[fieldName(id[0], id[1])] = true
		anchors[domID("e", id[0], id[1])] = true
	}
	require.Len(t, names, len(ids))
	require.Len(t, anchors, len(ids))
}

func FuzzMrkdwnIsHarmless(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 4000 {
			harmless(t, string(sampleNames().mrkdwn(text)))
		}
	})
}

func BenchmarkMrkdwnOfTheLongestMessage(b *testing.B) {
	text := strings.Repeat("*a _b `c ~d <@U", 40_000/15)
	for b.Loop() {
		sampleNames().mrkdwn(text)
	}
}
