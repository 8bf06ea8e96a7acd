/** What the command lines of this project share: options, and how a failure becomes one line. */
@NullMarked
package org.sjd4j.options;

import org.jspecify.annotations.NullMarked;
