package config

import "net/netip"

// parseNetworks reads addresses and networks. unknown are the texts that are neither.
func parseNetworks(texts []string) (networks []netip.Prefix, unknown []string) {
	for _, text := range texts {
		if address, err := netip.ParseAddr(text); err == nil {
			networks = append(networks, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			unknown = append(unknown, text)
			continue
		}
		networks = append(networks, network)
	}
	return networks, unknown
}
