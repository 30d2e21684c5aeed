package curriculum

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
)

// Hash names a program's rules and words: the same have the same hash, whatever
// the comments and the layout of the file. Whether it is the default is not
// part of it, for that says nothing about those who are in it. Fields that are
// empty are not either, so that a field that is new in this code changes no
// hash of a program that does not use it.
func (p *Program) Hash() string {
	rules := *p
	rules.Default = false
	sum := sha256.Sum256([]byte(canonical(reflect.ValueOf(rules))))
	return hex.EncodeToString(sum[:])
}

// canonical writes a value of strings, numbers, flags, lists and structs in one
// and only one way, and an empty one as nothing.
func canonical(v reflect.Value) string {
	var b strings.Builder
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := canonical(v.Field(i)); f != "" {
				b.WriteString(v.Type().Field(i).Name + ":" + f + ";")
			}
		}
		return wrapped("{", b.String(), "}")
	case reflect.Slice:
		for i := range v.Len() {
			b.WriteString(canonical(v.Index(i)) + ",")
		}
		return wrapped("[", b.String(), "]")
	}
	if v.IsZero() {
		return ""
	}
	return fmt.Sprintf("%#v", v.Interface())
}

func wrapped(left, s, right string) string {
	if s == "" {
		return ""
	}
	return left + s + right
}
