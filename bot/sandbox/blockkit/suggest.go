package blockkit

// maxOptions is how many options a menu shows, in all groups together.
const maxOptions = 100

// Suggested is an option of the answer to a suggestion request.
type Suggested struct {
	Group  string // label of its group; empty without groups
	Option Object
}

// Suggestions reads the answer to a suggestion request: options or
// option_groups, never both. It returns the options in order, or the first
// fault of an answer that Slack's menu cannot show.
func Suggestions(answer []byte) ([]Suggested, error) {
	v, err := Decode(answer)
	if err != nil {
		return nil, err
	}
	c := newChecker(modal)
	c.check("", v, object(schema{"options": list(0, maxOptions, option(plain)), "option_groups": optionGroups(0)},
		eitherOptions, distinctOptions))
	if len(c.found) > 0 {
		return nil, c.found[0]
	}
	answered := v.(Object)
	offered := suggested("", answered)
	for _, g := range listOf(answered, "option_groups") {
		group := g.(Object)
		offered = append(offered, suggested(stringOf(group["label"].(Object), "text"), group)...)
	}
	return offered, nil
}

func suggested(group string, o Object) []Suggested {
	var all []Suggested
	for _, one := range listOf(o, "options") {
		all = append(all, Suggested{Group: group, Option: one.(Object)})
	}
	return all
}

// distinctOptions checks that all groups together hold no more options than a
// menu shows, and no value twice: the value is all that says what was chosen.
func distinctOptions(c *checker, at string, o Object) {
	all := options(o)
	if len(all) > maxOptions {
		c.fail(at, "max_items", "no more than %d options allowed, got %d", maxOptions, len(all))
	}
	seen := map[string]bool{}
	for _, one := range all {
		option, _ := one.(Object)
		value := stringOf(option, "value")
		if seen[value] {
			c.fail(at, "unique", "the value %s is offered twice", value)
		}
		seen[value] = true
	}
}
