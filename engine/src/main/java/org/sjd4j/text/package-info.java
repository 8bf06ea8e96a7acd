/** Text tokenizers. */
@NullMarked
package org.sjd4j.text;

import org.jspecify.annotations.NullMarked;
