/** The OpenAI images API. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.server.images;
