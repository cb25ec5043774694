#include "query/language/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c) || c == ':'; }

struct Symbol {
  std::string_view text;
  TokenKind kind;
};

// Longest first: the first that fits is the token.
constexpr std::array<Symbol, 26> kSymbols{{{"!=", TokenKind::not_equal},    {"!~", TokenKind::regex_not_match},
                                           {"=~", TokenKind::regex_match},  {"==", TokenKind::equal},
                                           {"<=", TokenKind::less_equal},   {">=", TokenKind::greater_equal},
                                           {"</", TokenKind::trim_upper},   {">/", TokenKind::trim_lower},
                                           {"=", TokenKind::assign},        {"<", TokenKind::less},
                                           {">", TokenKind::greater},       {"+", TokenKind::add},
                                           {"-", TokenKind::sub},           {"*", TokenKind::mul},
                                           {"/", TokenKind::div},           {"%", TokenKind::mod},
                                           {"^", TokenKind::pow},           {"(", TokenKind::left_paren},
                                           {")", TokenKind::right_paren},   {"{", TokenKind::left_brace},
                                           {"}", TokenKind::right_brace},   {"[", TokenKind::left_bracket},
                                           {"]", TokenKind::right_bracket}, {",", TokenKind::comma},
                                           {":", TokenKind::colon},         {"@", TokenKind::at}}};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::expected<std::vector<Token>, QueryError> run() {
    while (skip_blanks()) {
      if (!next()) return std::unexpected(std::move(error_));
    }
    push(TokenKind::end, text_.size());
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool skip_blanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else {
        return true;
      }
    }
    return false;
  }

  Token& push(TokenKind kind, std::size_t begin) {
    Token& t = tokens_.emplace_back();
    t.kind = kind;
    t.span = {begin, at_};
    t.text = std::string(text_.substr(begin, at_ - begin));
    return t;
  }

  bool fail(std::size_t offset, std::string_view message) {
    error_ = parse_error(text_, offset, message);
    return false;
  }

  bool next() {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"' || c == '\'' || c == '`') return string();
    // Between brackets a colon parts a subquery's range and step; elsewhere it may begin a metric's name.
    if (c == ':' && (in_brackets_ || !is_word(peek(1)))) return symbol();
    if (is_word_start(c) || c == ':') return word();
    return symbol();
  }

  bool word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_]) && !(in_brackets_ && text_[at_] == ':')) ++at_;
    Token& t = push(TokenKind::word, begin);
    t.lower = lower_case(t.text);
    if (t.lower != "inf" && t.lower != "nan") return true;
    if (in_braces_) return true;
    t.kind = TokenKind::number;
    t.number = t.lower == "inf" ? HUGE_VAL : normal_nan();
    return true;
  }

  bool number() {
    const std::size_t begin = at_;
    if (scan_duration()) {
      Token& t = push(TokenKind::duration, begin);
      const auto ms = parse_duration(t.text);
      if (!ms) return fail(begin, fmt::format("not a valid duration string: {}", quoted(t.text)));
      t.number = static_cast<double>(*ms) / 1000;
      return true;
    }
    at_ = begin;
    scan_number();
    if (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.') && text_[at_] != ':') {
      while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.')) ++at_;
      return fail(begin, fmt::format("bad number or duration syntax: {}", quoted(text_.substr(begin, at_ - begin))));
    }
    Token& t = push(TokenKind::number, begin);
    const auto v = number_value(t.text);
    if (!v) return fail(begin, fmt::format("bad number or duration syntax: {}", quoted(t.text)));
    t.number = *v;
    return true;
  }

  // Digits and units in turn: 1h30m, 250ms. False when it is a plain number.
  bool scan_duration() {
    bool any = false;
    while (is_digit(peek())) {
      while (is_digit(peek())) ++at_;
      const char c = peek();
      if (c == '\0' || std::string_view("smhdwy").find(c) == std::string_view::npos) return false;
      at_ += c == 'm' && peek(1) == 's' ? 2 : 1;
      any = true;
    }
    return any && !(at_ < text_.size() && is_word(text_[at_]) && text_[at_] != ':');
  }

  void scan_digits(bool (*accept)(char)) {
    while (accept(peek()) || (peek() == '_' && accept(peek(1)))) ++at_;
  }

  void scan_number() {
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
      at_ += 2;
      return scan_digits(is_hex);
    }
    scan_digits(is_digit);
    if (peek() == '.') ++at_;
    scan_digits(is_digit);
    if (peek() != 'e' && peek() != 'E') return;
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (!is_digit(peek(1 + sign))) return;
    at_ += 1 + sign;
    scan_digits(is_digit);
  }

  // Go's ParseInt with base 0 first, so 010 is eight; then its ParseFloat.
  static std::optional<double> number_value(std::string text) {
    std::erase(text, '_');
    const bool digits_only = text.find_first_not_of("0123456789") == std::string::npos;
    if (digits_only && text.size() > 1 && text[0] == '0' && text.find_first_of("89") == std::string::npos) {
      double v = 0;
      for (const char c : text) v = v * 8 + (c - '0');
      return v;
    }
    if (text.ends_with('.')) text.pop_back();
    if (const auto e = text.find_first_of("eE"); e != std::string::npos && e > 0 && text[e - 1] == '.' && text[1] != 'x') {
      text.erase(e - 1, 1);
    }
    return parse_number(text);
  }

  bool string() {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    while (true) {
      if (at_ >= text_.size() || (quote != '`' && text_[at_] == '\n')) {
        return fail(begin, quote == '`' ? "unterminated raw string" : "unterminated quoted string");
      }
      if (text_[at_] == quote) break;
      at_ += quote != '`' && text_[at_] == '\\' && at_ + 1 < text_.size() ? 2 : 1;
    }
    ++at_;
    const std::string_view body = text_.substr(begin + 1, at_ - begin - 2);
    auto value = quote == '`' ? std::optional(std::string(body)) : unescape(body, quote);
    if (!value) return fail(begin, "unknown escape sequence in string");
    push(TokenKind::string, begin).text = std::move(*value);
    return true;
  }

  bool symbol() {
    const std::string_view rest = text_.substr(at_);
    for (const Symbol& s : kSymbols) {
      if (!rest.starts_with(s.text)) continue;
      const std::size_t begin = at_;
      at_ += s.text.size();
      push(s.kind, begin);
      if (s.kind == TokenKind::left_bracket || s.kind == TokenKind::right_bracket) in_brackets_ = s.text == "[";
      if (s.kind == TokenKind::left_brace || s.kind == TokenKind::right_brace) in_braces_ = s.text == "{";
      return true;
    }
    return fail(at_, fmt::format("unexpected character: {}", quoted_rune(rest)));
  }

  static std::string quoted_rune(std::string_view rest) {
    std::size_t n = 1;
    while (n < rest.size() && n < 4 && (static_cast<unsigned char>(rest[n]) & 0xC0U) == 0x80U) ++n;
    return fmt::format("'{}'", rest.substr(0, n));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_brackets_ = false;
  bool in_braces_ = false;
  std::vector<Token> tokens_;
  QueryError error_;
};

}  // namespace

QueryError parse_error(std::string_view text, std::size_t offset, std::string_view message) {
  return {ErrorKind::bad_data, fmt::format("{}: parse error: {}", line_column(text, offset), message), offset};
}

std::string describe(const Token& token, std::string_view text) {
  switch (token.kind) {
    case TokenKind::end: return "end of input";
    case TokenKind::word: return fmt::format("identifier {}", quoted(token.text));
    case TokenKind::number: return fmt::format("number {}", quoted(token.text));
    case TokenKind::duration: return fmt::format("duration {}", quoted(token.text));
    case TokenKind::string: return fmt::format("string {}", text.substr(token.span.begin, token.span.end - token.span.begin));
    default: return fmt::format("\"{}\"", token.text);
  }
}

std::expected<std::vector<Token>, QueryError> lex(std::string_view text) { return Lexer(text).run(); }

}  // namespace tacho::query
