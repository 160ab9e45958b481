"""Names that phishers borrow most, and the domains that are their owners' own. Our own compilation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """A name that is protected."""

    name: str  # For people.
    domains: tuple[str, ...]  # Registered domains, lower case, A-labels.
    is_word: bool = False  # Also an everyday word or a common name: only what looks exactly like it is told.


# Name: domains. A "~" stands before everyday words.
_TABLE = """
PayPal: paypal.com paypal.fr paypal.me paypalobjects.com paypal-communication.com paypal.de paypal.co.uk
Stripe: stripe.com stripe.network
Wise: ~ wise.com transferwise.com
Revolut: revolut.com revolut.me
Western Union: westernunion.com westernunion.fr
MoneyGram: moneygram.com
Visa: ~ visa.com visa.fr visaeurope.com
Mastercard: mastercard.com mastercard.fr mastercard.us
American Express: americanexpress.com aexp.com amex.com
Coinbase: coinbase.com
Binance: binance.com binance.us
Kraken: ~ kraken.com
Ledger: ~ ledger.com
MetaMask: metamask.io
Blockchain: ~ blockchain.com blockchain.info
BNP Paribas: bnpparibas bnpparibas.com bnpparibas.fr bnpparibas.net mabanque.bnpparibas
Crédit Agricole: credit-agricole.fr credit-agricole.com ca-paris.fr credit-agricole.it
Crédit Mutuel: creditmutuel.fr creditmutuel.com
CIC: ~ cic.fr
Société Générale: societegenerale.fr societegenerale.com socgen.com particuliers.sg.fr
LCL: ~ lcl.fr lcl.com
Caisse d'Epargne: caisse-epargne.fr caisse-epargne.com
Banque Populaire: banquepopulaire.fr
La Banque Postale: labanquepostale.fr labanquepostale.com
Boursorama: boursorama.com boursorama.fr boursobank.com
Fortuneo: fortuneo.fr fortuneo.com
Hello bank: hellobank.fr hellobank.com
Monabanq: monabanq.com
N26: ~ n26.com
Qonto: qonto.com qonto.eu
Nickel: ~ nickel.eu compte-nickel.fr
Cofidis: cofidis.fr cofidis.com
Cetelem: cetelem.fr
Sofinco: sofinco.fr
Carrefour: carrefour.fr carrefour.com carrefour-banque.fr
ING: ~ ing.com ing.fr ing.nl ing.de ing.be
KBC: ~ kbc.be kbc.com
Belfius: belfius.be belfius.com
UBS: ~ ubs.com
Credit Suisse: credit-suisse.com
PostFinance: postfinance.ch
Raiffeisen: raiffeisen.ch raiffeisen.at raiffeisen.ru
Sparkasse: sparkasse.de
Commerzbank: commerzbank.de commerzbank.com
Deutsche Bank: deutsche-bank.de db.com
Volksbank: volksbank.de
Santander: santander.com santander.co.uk santander.es santanderbank.com
BBVA: bbva.com bbva.es bbva.mx
CaixaBank: caixabank.es caixabank.com
UniCredit: unicredit.it unicredit.eu unicreditgroup.eu
Intesa Sanpaolo: intesasanpaolo.com
Rabobank: rabobank.nl rabobank.com
ABN AMRO: abnamro.nl abnamro.com
Barclays: barclays.co.uk barclays.com barclaycard.co.uk
HSBC: hsbc.com hsbc.co.uk hsbc.fr
Lloyds: ~ lloydsbank.com lloydsbank.co.uk
NatWest: natwest.com
Bank of America: bankofamerica.com bofa.com
Wells Fargo: wellsfargo.com
Chase: ~ chase.com jpmorganchase.com
Citibank: citibank.com citi.com
Capital One: capitalone.com
US Bank: usbank.com
TD Bank: tdbank.com
Desjardins: desjardins.com
Impôts: impots.gouv.fr dgfip.finances.gouv.fr
Ameli: ~ ameli.fr
CAF: ~ caf.fr
ANTAI: antai.gouv.fr amendes.gouv.fr
FranceConnect: franceconnect.gouv.fr
France Travail: francetravail.fr pole-emploi.fr
URSSAF: urssaf.fr
Service-Public: service-public.fr
Mon Compte Formation: moncompteformation.gouv.fr
HMRC: hmrc.gov.uk
IRS: ~ irs.gov
La Poste: laposte.fr laposte.net laposte.info
Colissimo: colissimo.fr
Chronopost: chronopost.fr chronopost.com
Mondial Relay: mondialrelay.fr mondialrelay.com
Colis Privé: colisprive.fr colisprive.com
Relais Colis: relaiscolis.com
DHL: ~ dhl.com dhl.fr dhl.de
FedEx: fedex.com
UPS: ~ ups.com
USPS: usps.com
DPD: ~ dpd.com dpd.fr dpd.de
GLS: ~ gls-group.eu gls-group.com gls-france.com
TNT: ~ tnt.com tnt.fr
Royal Mail: royalmail.com
bpost: bpost.be
PostNL: postnl.nl
Correos: correos.es
Orange: ~ orange.fr orange.com orange-business.com wanadoo.fr
SFR: ~ sfr.fr sfr.com
Bouygues Telecom: bouyguestelecom.fr bouygues-telecom.fr bbox.fr
Free: ~ free.fr free-mobile.fr proxad.net
RED by SFR: red-by-sfr.fr
Sosh: ~ sosh.fr
Proximus: proximus.be
Swisscom: swisscom.ch swisscom.com bluewin.ch
Vodafone: vodafone.com vodafone.de vodafone.co.uk vodafone.it
T-Mobile: t-mobile.com t-mobile.de telekom.de
Verizon: verizon.com verizon.net
AT&T: ~ att.com att.net
Comcast: comcast.com comcast.net xfinity.com
Microsoft: microsoft.com microsoftonline.com office.com office365.com live.com outlook.com sharepoint.com msn.com windows.com azure.com
Outlook: ~ outlook.com outlook.fr outlook.office.com
Office 365: office365.com microsoft365.com
SharePoint: sharepoint.com
OneDrive: onedrive.com onedrive.live.com
Google: google.com google.fr google.de google.co.uk gmail.com googlemail.com googleapis.com googleusercontent.com gstatic.com
Gmail: gmail.com googlemail.com
YouTube: youtube.com youtube.fr youtu.be
Apple: ~ apple.com icloud.com me.com mac.com
iCloud: icloud.com
iTunes: itunes.com apple.com
Amazon: ~ amazon.com amazon.fr amazon.de amazon.co.uk amazon.it amazon.es amazonaws.com amazonses.com
Facebook: facebook.com facebookmail.com fb.com fb.me messenger.com meta.com
Instagram: instagram.com
WhatsApp: whatsapp.com whatsapp.net wa.me
LinkedIn: linkedin.com licdn.com lnkd.in
Twitter: twitter.com t.co twimg.com x.com
TikTok: tiktok.com tiktokcdn.com
Snapchat: snapchat.com
Telegram: ~ telegram.org telegram.me t.me
Netflix: netflix.com
Spotify: spotify.com
Disney: ~ disneyplus.com disney.com disney.fr
Canal+: ~ canalplus.com canal-plus.com
Deezer: deezer.com
Steam: ~ steampowered.com steamcommunity.com
Yahoo: ~ yahoo.com yahoo.fr ymail.com yahoo.co.uk yahoo.co.jp yahoo.de
AOL: ~ aol.com
Adobe: ~ adobe.com adobesign.com
DocuSign: docusign.com docusign.net
Dropbox: dropbox.com dropboxmail.com
WeTransfer: wetransfer.com wetransfer.net we.tl
Zoom: ~ zoom.us zoom.com
Slack: ~ slack.com
GitHub: github.com github.io githubusercontent.com
GitLab: gitlab.com gitlab.io
Atlassian: atlassian.com atlassian.net
Salesforce: salesforce.com force.com
Cloudflare: cloudflare.com
OVH: ovh.com ovhcloud.com ovh.net kimsufi.com
Gandi: ~ gandi.net
IONOS: ionos.fr ionos.com ionos.de 1and1.com
GoDaddy: godaddy.com secureserver.net
LWS: ~ lws.fr
Scaleway: scaleway.com
Infomaniak: infomaniak.com infomaniak.ch
eBay: ~ ebay.com ebay.fr ebay.de ebay.co.uk
AliExpress: aliexpress.com aliexpress.ru
Alibaba: alibaba.com
Walmart: walmart.com
IKEA: ikea.com ikea.fr
Leboncoin: leboncoin.fr
Vinted: vinted.fr vinted.com
Cdiscount: cdiscount.com
Fnac: ~ fnac.com
Darty: ~ darty.com
Boulanger: ~ boulanger.com
Leclerc: ~ leclerc e.leclerc e-leclerc.com
Auchan: auchan.fr
Decathlon: decathlon.fr decathlon.com
Zalando: zalando.fr zalando.de zalando.com
Booking.com: ~ booking.com
Airbnb: airbnb.com airbnb.fr
SNCF: sncf.com sncf-connect.com oui.sncf
Air France: airfrance.fr airfrance.com
EDF: ~ edf.fr edf.com
Engie: ~ engie.fr engie.com
TotalEnergies: totalenergies.fr totalenergies.com
Doctolib: doctolib.fr doctolib.com doctolib.de
Crit'Air: certificat-air.gouv.fr
Norton: ~ norton.com nortonlifelock.com
McAfee: mcafee.com
Kaspersky: kaspersky.com kaspersky.fr
"""


def _brand(line: str) -> Brand:
    name, _, domains = line.partition(": ")
    words = domains.split()
    return Brand(name, tuple(word for word in words if word != "~"), is_word=words[0] == "~")


BRANDS = tuple(_brand(line) for line in _TABLE.strip().splitlines())
