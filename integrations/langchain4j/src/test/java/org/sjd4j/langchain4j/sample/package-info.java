/** A sample application: images over HTTP. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.langchain4j.sample;
