package commands

import "strings"

// Why is the first word after whoami that asks to explain one decision.
const Why = "why"

// whyFields are the fields that describe the decision to explain. Only the listener is required; what is left out
// counts as left out of an addition.
func whyFields() []Field {
	var own []Field
	for _, key := range [...]string{KeyListener, KeyServer, KeyPorts, KeyWeight} {
		f := *findField(registerFields[:], key)
		f.Required = key == KeyListener
		own = append(own, f)
	}
	return own
}

// BuildWhy checks the fields of a decision to explain, as BuildRegistration does; only the listener is required.
func BuildWhy(values Values) (Registration, error) {
	b := builder{fields: whyFields(), given: values}
	b.build()
	if err := b.failure(); err != nil {
		err.Corrected, err.Values = "", nil
		return Registration{}, err
	}
	return b.made, nil
}

// parseWhoami parses what follows whoami: nothing, or why and a listener.
func parseWhoami(rest string) (Command, error) {
	first, rest, _ := strings.Cut(rest, " ")
	switch {
	case first == "":
		return Command{Verb: VerbWhoami}, nil
	case !strings.EqualFold(first, Why):
		return Command{}, refuseWith(Name+" whoami", Problem{
			Given: shown("whoami " + first),
			Text: "whoami stands alone, or goes on with why and a listener, for example " + Name +
				" whoami why api-lb/https-443.",
		})
	}
	values, problems := parseFields(whyFields(), rest, KeyListener, KeyServer)
	if values[KeyListener] == "" && len(problems) == 0 {
		problems = []Problem{{Field: KeyListener, Text: "Which listener? For example " + Name +
			" whoami why api-lb/https-443."}}
	}
	c := Command{Verb: VerbWhoami, Args: []string{Why}, Values: values}
	if len(problems) > 0 {
		return c, &InputError{Problems: problems}
	}
	_, err := BuildWhy(values)
	return c, err
}
