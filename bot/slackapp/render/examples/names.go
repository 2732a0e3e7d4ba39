package examples

import (
	"reflect"
	"strings"

	"lbbot/commands"
)

// Names replace the names and ids of the examples. An empty one leaves the example's.
type Names struct {
	Server, Listener, LoadBalancer, Zone, Channel, Person, Rule, Purpose string
	Backend                                                              string // the server's name on the listener
	ID                                                                   string // at Zenlayer, of everything
}

// Longest are the longest names that Zenlayer and Slack allow: 64 characters, 80 for channels and people,
// and a reason of 300.
func Longest() Names {
	return Names{
		Server: upTo(64, "payments-webserver-"), Backend: upTo(64, "payments.webserver-"),
		Listener: upTo(64, "https-listener-"), LoadBalancer: upTo(64, "payments-balancer-"),
		Zone: "asia-southeast-singapore-1a", ID: "0190f0c1-7d2e-7c3a-9a51-0f6b1c2d3e4f",
		Channel: upTo(80, "incident-"), Person: upTo(80, "Anastasia "), Rule: upTo(64, "payments-on-call-"),
		Purpose: upTo(300, "more capacity, "),
	}
}

// Chinese are names of 64 Chinese characters where Zenlayer does not forbid them.
func Chinese() Names {
	n := Longest()
	n.Server, n.Listener, n.LoadBalancer = upTo(64, "支付服务器"), upTo(64, "监听器"), upTo(64, "负载均衡")
	n.Channel, n.Person, n.Purpose = upTo(80, "事件"), upTo(80, "安娜"), upTo(300, "增加容量")
	return n
}

// Everywhere puts one text in the place of every name and id.
func Everywhere(s string) Names { return Names{s, s, s, s, s, s, s, s, s, s} }

// upTo repeats a text up to a number of characters.
func upTo(characters int, text string) string {
	runes := []rune(strings.Repeat(text, characters))[:characters]
	runes[len(runes)-1] = 'z' // no name ends in a space or a hyphen
	return string(runes)
}

// named returns a copy of v with other names.
func named[T any](n Names, v T) T {
	if n == (Names{}) {
		return v
	}
	replace := strings.NewReplacer("inc-1234 add capacity", n.Purpose, "inc-1234", n.Channel,
		"web-07", n.Server, "https-443", n.Listener, "api-lb", n.LoadBalancer, "SIN1", n.Zone,
		"sre-in-incidents", n.Rule, "others-ask", n.Rule, "payments", n.Rule, "year-end", n.Rule,
		"lst-8f2c", n.ID, "i-55a1", n.ID, "lb-01", n.ID, "be-20d1", n.ID, "be-19c4", n.ID, "T05992D0C-1234", n.ID)
	return n.copied(reflect.ValueOf(&v).Elem(), replace, "").Interface().(T)
}

// copied returns a deep copy with other names; field is the name of the field or key that holds v.
func (n Names) copied(v reflect.Value, replace *strings.Replacer, field string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		n.rename(out, replace, field)
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			inner := n.copied(v.Elem(), replace, field)
			if v.Kind() == reflect.Pointer {
				out.Set(reflect.New(inner.Type()))
				out.Elem().Set(inner)
			} else {
				out.Set(inner)
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			out.Index(i).Set(n.copied(v.Index(i), replace, field))
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
		}
		for _, key := range v.MapKeys() {
			out.SetMapIndex(key, n.copied(v.MapIndex(key), replace, key.String()))
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.IsExported() && len(f.Index) == 1 {
				out.FieldByIndex(f.Index).Set(n.copied(v.FieldByIndex(f.Index), replace, f.Name))
			}
		}
	}
	return out
}

// rename replaces the names in one text.
func (n Names) rename(text reflect.Value, replace *strings.Replacer, field string) {
	switch s := text.String(); {
	case s == "":
	case field == "BackendName" || field == commands.KeyName:
		text.SetString(n.Backend)
	case s == "ana" || s == "bo" || s == "chen":
		text.SetString(n.Person)
	default:
		text.SetString(replace.Replace(s))
	}
}
