package lifecycle

import (
	"net"
	"reflect"
)

// find returns the entry of a connection. An unknown one may be a hijacker's
// wrapper: package h2c serves HTTP/2 on such a wrapper, and reports its states here.
func (c *connections) find(conn net.Conn) *connection {
	if isComparable(conn) {
		if e, ok := c.all.Load(conn); ok {
			return e.(*connection)
		}
	}
	if c.hijacked.Load() == 0 {
		return nil
	}
	for inner := innerConn(conn); inner != nil; inner = innerConn(inner) {
		if !isComparable(inner) {
			continue
		}
		if known, ok := c.all.Load(inner); ok && known.(*connection).isHijacked() {
			e := known.(*connection)
			c.setAlias(e, conn)
			return e
		}
	}
	return nil
}

// setAlias records a hijacker's net.Conn for a connection.
func (c *connections) setAlias(e *connection, alias net.Conn) {
	if isComparable(alias) {
		e.mu.Lock()
		e.alias = alias
		e.mu.Unlock()
		c.all.Store(alias, e)
	}
}

// innerConn returns the connection that conn wraps, from its NetConn method or its
// Conn field, or nil.
func innerConn(conn net.Conn) net.Conn {
	if outer, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return outer.NetConn()
	}
	v := reflect.Indirect(reflect.ValueOf(conn))
	if v.Kind() != reflect.Struct {
		return nil
	}
	if field, ok := v.Type().FieldByName("Conn"); ok && len(field.Index) == 1 {
		inner, _ := v.FieldByIndex(field.Index).Interface().(net.Conn)
		return inner
	}
	return nil
}

func (e *connection) isHijacked() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.hijacked
}
