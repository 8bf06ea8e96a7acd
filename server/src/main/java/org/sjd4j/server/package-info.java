/** Images over HTTP: the OpenAI images API, jobs and the studio page. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.server;
