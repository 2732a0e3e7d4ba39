package main

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
)

// decision describes a decision in one line.
func decision(d operation.Decision) string {
	by := ""
	if len(d.Policies) > 0 {
		by = " by " + strings.Join(d.Policies, ", ")
	}
	switch {
	case d.Allowed:
		return "allowed" + by
	case d.Code == operation.DeniedApproval:
		return fmt.Sprintf("allowed with approvals: %d%s", d.Approvals, by)
	case d.Code == operation.DeniedForbidden:
		return "not allowed: forbidden" + by
	case d.Code == operation.DeniedNoRule:
		return "not allowed: no rule permits it" + strings.Replace(by, " by", "; nearest:", 1) + elsewhere(d)
	case d.Code == operation.DeniedUnchecked:
		return "not allowed: this could not be checked: " + string(d.What)
	}
	return "not allowed: " + string(d.Code)
}

// elsewhere names the channels where it would be permitted.
func elsewhere(d operation.Decision) string {
	places := d.Channels
	if d.Incident {
		places = append(places[:len(places):len(places)], "an incident channel")
	}
	if len(places) == 0 {
		return ""
	}
	return "; it would be permitted in " + strings.Join(places, " or ")
}

func people(p operation.People, err error) string {
	if err == nil && p.WithApproval != nil {
		ask := people(*p.WithApproval, nil) + ", with approval"
		if p.Nobody() {
			return ask
		}
		without := p
		without.WithApproval = nil
		return people(without, nil) + "; " + ask
	}
	switch {
	case err != nil:
		return "could not be found out: " + err.Error()
	case p.Everybody:
		return "everybody whom no rule excludes"
	case p.Nobody():
		return "nobody"
	}
	out := strings.Join(p.IDs, ", ")
	if p.More {
		out += ", and there may be more"
	}
	if len(p.Groups) > 0 {
		out += " (by " + strings.Join(p.Groups, ", ") + ")"
	}
	return out
}
