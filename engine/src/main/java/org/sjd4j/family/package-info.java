/** What every model family offers. Each family is a package of its own. */
@NullMarked
package org.sjd4j.family;

import org.jspecify.annotations.NullMarked;
