package feeds

import (
	"slices"
	"strings"

	"github.com/shopd/shopd/internal/platform/money"
)

// symbols are the signs and names of currencies besides their codes. A sign that several have means
// the shop's, if it is one of them.
var symbols = func() map[string][]money.Currency {
	all := map[string][]money.Currency{}
	for _, line := range strings.Split(`€ EUR|EURO EUR|EUROS EUR|£ GBP EGP LBP
¥ JPY CNY|￥ JPY CNY|元 CNY|円 JPY|RMB CNY
$ USD CAD AUD NZD SGD HKD MXN TWD ARS CLP COP BRL UYU|US$ USD
C$ CAD|CA$ CAD|CAN$ CAD|CDN$ CAD|A$ AUD|AU$ AUD|NZ$ NZD|S$ SGD|HK$ HKD|NT$ TWD
R$ BRL|MX$ MXN|MEX$ MXN|AR$ ARS|CLP$ CLP|COL$ COP|$U UYU|RD$ DOP|J$ JMD|TT$ TTD|B$ BND
₹ INR|RS INR PKR LKR NPR MUR|₨ INR PKR LKR NPR|৳ BDT|TK BDT|रू NPR|රු LKR
₩ KRW|원 KRW|₽ RUB|РУБ RUB|Р RUB|₺ TRY|TL TRY|₴ UAH|ГРН UAH|₫ VND|Đ VND|VNĐ VND|฿ THB
₪ ILS|NIS ILS|₦ NGN|₱ PHP|RM MYR|RP IDR|₸ KZT|₾ GEL|₼ AZN|֏ AMD|₮ MNT|₭ LAK|៛ KHR
KR SEK NOK DKK ISK|SKR SEK|NKR NOK|DKR DKK|ZŁ PLN|ZL PLN|KČ CZK|KC CZK|FT HUF
LEI RON MDL|LEU RON MDL|ЛВ BGN|LV BGN|ДИН RSD|DIN RSD|ДЕН MKD|KM BAM
FR CHF|SFR CHF|FRS CHF|R ZAR|KSH KES|TSH TZS|USH UGX|GH₵ GHS|₵ GHS|BR ETB BYN
FCFA XOF XAF|CFA XOF XAF|E£ EGP|LE EGP|L£ LBP|DT TND|KD KWD|BD BHD|JD JOD|RO OMR|SR SAR|QR QAR
DH AED MAD|DHS AED MAD|DA DZD|LD LYD|د.إ AED|د.ك KWD|ر.س SAR|ر.ق QAR|ر.ع OMR|ج.م EGP
S/ PEN|BS BOB VES|₡ CRC|Q GTQ|L HNL|₲ PYG|B/ PAB`, "\n") {
		for _, entry := range strings.Split(line, "|") {
			fields := strings.Fields(entry)
			for _, code := range fields[1:] {
				sign := currencyWord(fields[0])
				all[sign] = append(all[sign], money.Currency(code))
			}
		}
	}
	return all
}()

// currencyWord returns the sign, name or code of a currency as it is compared: without regard to
// case, blanks and dots.
func currencyWord(text string) string {
	return strings.NewReplacer(" ", "", ".", "").Replace(strings.ToUpper(text))
}

// currenciesOf returns the currencies that a word may mean; none if it is no currency.
func currenciesOf(word string) []money.Currency {
	if meant := symbols[currencyWord(word)]; meant != nil {
		return meant
	}
	if code, err := money.ParseCurrency(currencyWord(word)); err == nil {
		return []money.Currency{code}
	}
	return nil
}

// namedCurrencies returns the currencies that the words around a number may mean together, such as
// USD for "USD $". It reports false if there is a word that is none, or if they contradict each
// other.
func namedCurrencies(before, after string) (meant []money.Currency, ok bool) {
	for _, side := range []string{before, after} {
		words := []string{side}
		if currenciesOf(side) == nil {
			words = strings.Fields(side)
		}
		for _, word := range words {
			if word == "" {
				continue
			}
			found := currenciesOf(word)
			if meant != nil {
				found = slices.DeleteFunc(slices.Clone(found), func(c money.Currency) bool {
					return !slices.Contains(meant, c)
				})
			}
			if len(found) == 0 {
				return nil, false
			}
			meant = found
		}
	}
	return meant, true
}
