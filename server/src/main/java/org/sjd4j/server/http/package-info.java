/** Requests and responses over Jetty: access, limits, errors in one shape, events. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.server.http;
