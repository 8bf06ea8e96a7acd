/** Files that people and other programs wrote, and where a user's files lie. */
@NullMarked
package org.sjd4j.io;

import org.jspecify.annotations.NullMarked;
