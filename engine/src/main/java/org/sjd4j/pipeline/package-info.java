/** The front door of the library: a prompt in, a picture out. */
@NullMarked
package org.sjd4j.pipeline;

import org.jspecify.annotations.NullMarked;
