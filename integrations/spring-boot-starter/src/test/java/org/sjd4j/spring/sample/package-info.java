/** A sample application: images over HTTP, with health and metrics. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.spring.sample;
