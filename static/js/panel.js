// Everything a page of the panel may need; collecting static files makes one file of these (config/bundles.py).
// Each module looks for its own marks and leaves other pages alone.
import "./copy.js";
import "./dialogs.js";
import "./downloads.js";
import "./filters.js";
import "./in-place.js";
import "./leave-once.js";
import "./live-preview.js";
import "./menus.js";
import "./own-time-zone.js";
import "./passkeys.js";
import "./quick-search.js";
import "./saved-check.js";
import "./select-all.js";
import "./submit-once.js";
import "./tabs.js";
import "./themes.js";
import "./try-it.js";
import "./unsaved-changes.js";
