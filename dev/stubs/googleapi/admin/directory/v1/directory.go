// Package admin stands in for the client of Google's directory of people and
// groups, which the JWT auth method asks for one kind of provider only.
package admin

import (
	"context"
	"encoding/json"
	"errors"

	"google.golang.org/api/option"
)

// The scopes of the directory.
const (
	AdminDirectoryGroupReadonlyScope = "https://www.googleapis.com/auth/admin.directory.group.readonly"
	AdminDirectoryUserReadonlyScope  = "https://www.googleapis.com/auth/admin.directory.user.readonly"
)

var errNone = errors.New("the embedded server has no Google directory")

// Service is never made.
type Service struct {
	Groups *GroupsService
	Users  *UsersService
}

// NewService always fails.
func NewService(context.Context, ...option.ClientOption) (*Service, error) { return nil, errNone }

// GroupsService lists nothing.
type GroupsService struct{}

// List gives a call that fails.
func (*GroupsService) List() *GroupsListCall { return &GroupsListCall{} }

// GroupsListCall fails when it is done.
type GroupsListCall struct{}

// UserKey ignores its argument.
func (c *GroupsListCall) UserKey(string) *GroupsListCall { return c }

// Domain ignores its argument.
func (c *GroupsListCall) Domain(string) *GroupsListCall { return c }

// Fields ignores its arguments.
func (c *GroupsListCall) Fields(...string) *GroupsListCall { return c }

// Pages always fails.
func (c *GroupsListCall) Pages(context.Context, func(*Groups) error) error { return errNone }

// Groups is a page of no groups.
type Groups struct{ Groups []*Group }

// Group is one group.
type Group struct{ Email string }

// UsersService knows nobody.
type UsersService struct{}

// Get gives a call that fails.
func (*UsersService) Get(string) *UsersGetCall { return &UsersGetCall{} }

// UsersGetCall fails when it is done.
type UsersGetCall struct{}

// Context ignores its argument.
func (c *UsersGetCall) Context(context.Context) *UsersGetCall { return c }

// Projection ignores its argument.
func (c *UsersGetCall) Projection(string) *UsersGetCall { return c }

// CustomFieldMask ignores its argument.
func (c *UsersGetCall) CustomFieldMask(string) *UsersGetCall { return c }

// Fields ignores its arguments.
func (c *UsersGetCall) Fields(...string) *UsersGetCall { return c }

// Do always fails.
func (c *UsersGetCall) Do() (*User, error) { return nil, errNone }

// User is one person.
type User struct{ CustomSchemas map[string]json.RawMessage }
