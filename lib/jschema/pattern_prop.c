/* SPDX-License-Identifier: MIT */
/*
 * Property names of Unicode 14 as ECMA-262 has them: exact, in one spelling per
 * name, where PCRE2 would overlook case, spaces and underscores. The first name
 * of a row is the one PCRE2 is given.
 */
#include "jschema/pattern_parse.h"

/* ECMA-262, "Value aliases and canonical values for the Unicode property General_Category". */
static const char *const categories[][3] = {
	{ "C", "Other" }, { "Cc", "Control", "cntrl" }, { "Cf", "Format" }, { "Cn", "Unassigned" },
	{ "Co", "Private_Use" }, { "Cs", "Surrogate" }, { "L", "Letter" }, { "LC", "Cased_Letter" },
	{ "Ll", "Lowercase_Letter" }, { "Lm", "Modifier_Letter" }, { "Lo", "Other_Letter" },
	{ "Lt", "Titlecase_Letter" }, { "Lu", "Uppercase_Letter" }, { "M", "Mark", "Combining_Mark" },
	{ "Mc", "Spacing_Mark" }, { "Me", "Enclosing_Mark" }, { "Mn", "Nonspacing_Mark" }, { "N", "Number" },
	{ "Nd", "Decimal_Number", "digit" }, { "Nl", "Letter_Number" }, { "No", "Other_Number" },
	{ "P", "Punctuation", "punct" }, { "Pc", "Connector_Punctuation" }, { "Pd", "Dash_Punctuation" },
	{ "Pe", "Close_Punctuation" }, { "Pf", "Final_Punctuation" }, { "Pi", "Initial_Punctuation" },
	{ "Po", "Other_Punctuation" }, { "Ps", "Open_Punctuation" }, { "S", "Symbol" }, { "Sc", "Currency_Symbol" },
	{ "Sk", "Modifier_Symbol" }, { "Sm", "Math_Symbol" }, { "So", "Other_Symbol" }, { "Z", "Separator" },
	{ "Zl", "Line_Separator" }, { "Zp", "Paragraph_Separator" }, { "Zs", "Space_Separator" },
};

/* PropertyValueAliases.txt, "sc". */
static const char *const scripts[][3] = {
	{ "Adlm", "Adlam" }, { "Aghb", "Caucasian_Albanian" }, { "Ahom" }, { "Arab", "Arabic" },
	{ "Armi", "Imperial_Aramaic" }, { "Armn", "Armenian" }, { "Avst", "Avestan" }, { "Bali", "Balinese" },
	{ "Bamu", "Bamum" }, { "Bass", "Bassa_Vah" }, { "Batk", "Batak" }, { "Beng", "Bengali" },
	{ "Bhks", "Bhaiksuki" }, { "Bopo", "Bopomofo" }, { "Brah", "Brahmi" }, { "Brai", "Braille" },
	{ "Bugi", "Buginese" }, { "Buhd", "Buhid" }, { "Cakm", "Chakma" }, { "Cans", "Canadian_Aboriginal" },
	{ "Cari", "Carian" }, { "Cham" }, { "Cher", "Cherokee" }, { "Chrs", "Chorasmian" },
	{ "Copt", "Coptic", "Qaac" }, { "Cpmn", "Cypro_Minoan" }, { "Cprt", "Cypriot" }, { "Cyrl", "Cyrillic" },
	{ "Deva", "Devanagari" }, { "Diak", "Dives_Akuru" }, { "Dogr", "Dogra" }, { "Dsrt", "Deseret" },
	{ "Dupl", "Duployan" }, { "Egyp", "Egyptian_Hieroglyphs" }, { "Elba", "Elbasan" }, { "Elym", "Elymaic" },
	{ "Ethi", "Ethiopic" }, { "Geor", "Georgian" }, { "Glag", "Glagolitic" }, { "Gong", "Gunjala_Gondi" },
	{ "Gonm", "Masaram_Gondi" }, { "Goth", "Gothic" }, { "Gran", "Grantha" }, { "Grek", "Greek" },
	{ "Gujr", "Gujarati" }, { "Guru", "Gurmukhi" }, { "Hang", "Hangul" }, { "Hani", "Han" },
	{ "Hano", "Hanunoo" }, { "Hatr", "Hatran" }, { "Hebr", "Hebrew" }, { "Hira", "Hiragana" },
	{ "Hluw", "Anatolian_Hieroglyphs" }, { "Hmng", "Pahawh_Hmong" }, { "Hmnp", "Nyiakeng_Puachue_Hmong" },
	{ "Hung", "Old_Hungarian" }, { "Ital", "Old_Italic" }, { "Java", "Javanese" }, { "Kali", "Kayah_Li" },
	{ "Kana", "Katakana" }, { "Khar", "Kharoshthi" }, { "Khmr", "Khmer" }, { "Khoj", "Khojki" },
	{ "Kits", "Khitan_Small_Script" }, { "Knda", "Kannada" }, { "Kthi", "Kaithi" }, { "Lana", "Tai_Tham" },
	{ "Laoo", "Lao" }, { "Latn", "Latin" }, { "Lepc", "Lepcha" }, { "Limb", "Limbu" }, { "Lina", "Linear_A" },
	{ "Linb", "Linear_B" }, { "Lisu" }, { "Lyci", "Lycian" }, { "Lydi", "Lydian" }, { "Mahj", "Mahajani" },
	{ "Maka", "Makasar" }, { "Mand", "Mandaic" }, { "Mani", "Manichaean" }, { "Marc", "Marchen" },
	{ "Medf", "Medefaidrin" }, { "Mend", "Mende_Kikakui" }, { "Merc", "Meroitic_Cursive" },
	{ "Mero", "Meroitic_Hieroglyphs" }, { "Mlym", "Malayalam" }, { "Modi" }, { "Mong", "Mongolian" },
	{ "Mroo", "Mro" }, { "Mtei", "Meetei_Mayek" }, { "Mult", "Multani" }, { "Mymr", "Myanmar" },
	{ "Nand", "Nandinagari" }, { "Narb", "Old_North_Arabian" }, { "Nbat", "Nabataean" }, { "Newa" },
	{ "Nkoo", "Nko" }, { "Nshu", "Nushu" }, { "Ogam", "Ogham" }, { "Olck", "Ol_Chiki" }, { "Orkh", "Old_Turkic" },
	{ "Orya", "Oriya" }, { "Osge", "Osage" }, { "Osma", "Osmanya" }, { "Ougr", "Old_Uyghur" },
	{ "Palm", "Palmyrene" }, { "Pauc", "Pau_Cin_Hau" }, { "Perm", "Old_Permic" }, { "Phag", "Phags_Pa" },
	{ "Phli", "Inscriptional_Pahlavi" }, { "Phlp", "Psalter_Pahlavi" }, { "Phnx", "Phoenician" },
	{ "Plrd", "Miao" }, { "Prti", "Inscriptional_Parthian" }, { "Rjng", "Rejang" }, { "Rohg", "Hanifi_Rohingya" },
	{ "Runr", "Runic" }, { "Samr", "Samaritan" }, { "Sarb", "Old_South_Arabian" }, { "Saur", "Saurashtra" },
	{ "Sgnw", "SignWriting" }, { "Shaw", "Shavian" }, { "Shrd", "Sharada" }, { "Sidd", "Siddham" },
	{ "Sind", "Khudawadi" }, { "Sinh", "Sinhala" }, { "Sogd", "Sogdian" }, { "Sogo", "Old_Sogdian" },
	{ "Sora", "Sora_Sompeng" }, { "Soyo", "Soyombo" }, { "Sund", "Sundanese" }, { "Sylo", "Syloti_Nagri" },
	{ "Syrc", "Syriac" }, { "Tagb", "Tagbanwa" }, { "Takr", "Takri" }, { "Tale", "Tai_Le" },
	{ "Talu", "New_Tai_Lue" }, { "Taml", "Tamil" }, { "Tang", "Tangut" }, { "Tavt", "Tai_Viet" },
	{ "Telu", "Telugu" }, { "Tfng", "Tifinagh" }, { "Tglg", "Tagalog" }, { "Thaa", "Thaana" }, { "Thai" },
	{ "Tibt", "Tibetan" }, { "Tirh", "Tirhuta" }, { "Tnsa", "Tangsa" }, { "Toto" }, { "Ugar", "Ugaritic" },
	{ "Vaii", "Vai" }, { "Vith", "Vithkuqi" }, { "Wara", "Warang_Citi" }, { "Wcho", "Wancho" },
	{ "Xpeo", "Old_Persian" }, { "Xsux", "Cuneiform" }, { "Yezi", "Yezidi" }, { "Yiii", "Yi" },
	{ "Zanb", "Zanabazar_Square" }, { "Zinh", "Inherited", "Qaai" }, { "Zyyy", "Common" }, { "Zzzz", "Unknown" },
};

/* ECMA-262, "Binary Unicode property aliases"; PCRE2 10.42 does not have Changes_When_NFKC_Casefolded. */
static const char *const binaries[][3] = {
	{ "AHex", "ASCII_Hex_Digit" }, { "Alpha", "Alphabetic" }, { "Bidi_C", "Bidi_Control" },
	{ "Bidi_M", "Bidi_Mirrored" }, { "CI", "Case_Ignorable" }, { "Cased" }, { "CWCF", "Changes_When_Casefolded" },
	{ "CWCM", "Changes_When_Casemapped" }, { "CWL", "Changes_When_Lowercased" },
	{ "CWT", "Changes_When_Titlecased" }, { "CWU", "Changes_When_Uppercased" }, { "Dash" },
	{ "DI", "Default_Ignorable_Code_Point" }, { "Dep", "Deprecated" }, { "Dia", "Diacritic" }, { "Emoji" },
	{ "EComp", "Emoji_Component" }, { "EMod", "Emoji_Modifier" }, { "EBase", "Emoji_Modifier_Base" },
	{ "EPres", "Emoji_Presentation" }, { "ExtPict", "Extended_Pictographic" }, { "Ext", "Extender" },
	{ "Gr_Base", "Grapheme_Base" }, { "Gr_Ext", "Grapheme_Extend" }, { "Hex", "Hex_Digit" },
	{ "IDSB", "IDS_Binary_Operator" }, { "IDST", "IDS_Trinary_Operator" }, { "IDC", "ID_Continue" },
	{ "IDS", "ID_Start" }, { "Ideo", "Ideographic" }, { "Join_C", "Join_Control" },
	{ "LOE", "Logical_Order_Exception" }, { "Lower", "Lowercase" }, { "Math" },
	{ "NChar", "Noncharacter_Code_Point" }, { "Pat_Syn", "Pattern_Syntax" }, { "Pat_WS", "Pattern_White_Space" },
	{ "QMark", "Quotation_Mark" }, { "Radical" }, { "RI", "Regional_Indicator" },
	{ "STerm", "Sentence_Terminal" }, { "SD", "Soft_Dotted" }, { "Term", "Terminal_Punctuation" },
	{ "UIdeo", "Unified_Ideograph" }, { "Upper", "Uppercase" }, { "VS", "Variation_Selector" },
	{ "White_Space", "space" }, { "XIDC", "XID_Continue" }, { "XIDS", "XID_Start" },
};

static const struct {
	const char *name, *items, *others; /* as items of a class */
} by_hand[] = {
	{ "Any", "\\p{Any}", "\\P{Any}" },
	{ "ASCII", "\\x{0}-\\x{7f}", "\\x{80}-\\x{10ffff}" },
	{ "Assigned", "\\P{Cn}", "\\p{Cn}" },
};

static const struct {
	const char *name, *prefix;
} script_names[] = {
	{ "Script", "sc:" },
	{ "sc", "sc:" },
	{ "Script_Extensions", "scx:" },
	{ "scx", "scx:" },
};

static const char *find(const char *const table[][3], size_t n, struct slo_str name)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < 3 && table[i][k]; k++) {
			if (slo_str_is(name, table[i][k]))
				return table[i][0];
		}
	}
	return NULL;
}

static bool put(struct slo_buf *out, bool negated, const char *prefix, const char *name)
{
	if (!name)
		return false;
	if (out)
		slo_buf_addf(out, "\\%c{%s%s}", negated ? 'P' : 'p', prefix, name);
	return true;
}

static bool put_by_hand(struct slo_str name, bool negated, bool in_class, struct slo_buf *out)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(by_hand); i++) {
		const char *items = negated ? by_hand[i].others : by_hand[i].items;

		if (!slo_str_is(name, by_hand[i].name))
			continue;
		if (out && in_class)
			slo_buf_adds(out, items);
		else if (out)
			slo_buf_addf(out, "[%s]", items);
		return true;
	}
	return false;
}

bool slo_pattern_property(struct slo_str name, bool negated, bool in_class, struct slo_buf *out)
{
	const char *equals = name.len ? memchr(name.p, '=', name.len) : NULL, *found;
	struct slo_str key, value;

	if (!equals) {
		if (put_by_hand(name, negated, in_class, out))
			return true;
		found = find(categories, SLO_ARRAY_LEN(categories), name);
		return put(out, negated, "", found ? found : find(binaries, SLO_ARRAY_LEN(binaries), name));
	}
	key = slo_str_n(name.p, (size_t)(equals - name.p));
	value = slo_str_n(equals + 1, name.len - key.len - 1);
	if (slo_str_is(key, "General_Category") || slo_str_is(key, "gc"))
		return put(out, negated, "", find(categories, SLO_ARRAY_LEN(categories), value));
	for (size_t i = 0; i < SLO_ARRAY_LEN(script_names); i++) {
		if (slo_str_is(key, script_names[i].name))
			return put(out, negated, script_names[i].prefix,
				   find(scripts, SLO_ARRAY_LEN(scripts), value));
	}
	return false;
}
