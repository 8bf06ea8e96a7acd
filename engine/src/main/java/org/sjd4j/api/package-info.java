/** From a prompt to an image: all that a user of the library imports. */
@NullMarked
package org.sjd4j.api;

import org.jspecify.annotations.NullMarked;
