"""Containers that real tools have made around `CONTENT`, packed with LZMA; each with the command that made it.

Debian's arj 3.10, genisoimage 1.1.11, dosfstools 4.2 with mtools, qemu-img 7.2: what they write is what mail carries, and
the tests need none of them.
"""

from __future__ import annotations

import base64
import lzma

CONTENT = b"".join(b"%d bouteilles, et une de moins\n" % number for number in range(99, 0, -1))


def _unpacked(*lines: str) -> bytes:
    return lzma.decompress(base64.b85decode("".join(lines)))


# arj a -m1 m1.arj a.txt
ARJ_1 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~nR+7hM1_I)Oj|7;T^%mvk%_U`3LkpsJ&{yp*{297y*A{&6m=z12!<d=h!N#1)71FBCg6_E)m<2Gm?&",
    "Cf`UrnNiu7viB|WFb$@HB{@4du6wD-vAPem38gy95QiQ>|K$CNjrn#AO}P-L%XTUwJkS9=Djm@W{IsU<?5)OWvlzn3p(@n8Fcol?1k#_KY^CfY",
    "3{E54Z2OYN=@vWGh?1fK`g6j-VUZuL`%|`~u3YDq;@K2U{5os-6)KFBiUeD*r9TFR^Cn%Gq(erz<g}`2T;`Qisn3lpo|*q)2G<<%?J7qQ2i~+1",
    "{#;N44bBij4<RJwNK<xmi1!oqC6tHeH;5=_+8(_L^T%WSt|m@)`RL;S00000xxWK_sF9q300FZC<N^QyXXH|UvBYQl0ssI200dcD",
)
# arj a -m2 m2.arj a.txt
ARJ_2 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~nR+7F_@^I)Oj|7;T^%mvk%_U`3LkpsJ&{yp+bbcu4o7VXOBCRgW#n7YX8!JM6x}5&+ZR2q0IpQ;{LH",
    "lHp@30oL%G1NEaw5k~xtt~mXACoBG!n99w$BLI(a><_mZ9t=dH7_zOT1@Hgthk5XS$3n4h8qyp(_{WD|;}Uqy+`x#IyTqeNmF=)`glvCBe~Y9i",
    "0HMNJ1~=Rtuh`grVpLDd&Ceq?N&spuyg=o)MBuPtv!%dZguS*e<~o_SHwVWluHAT_i{KlCb$mOkB+lcB_ZyHWukP_@8c^1;*sY`9gR;n4s2dFJ",
    "C=XOzLM1f9U1zZ4rh_=494m*{YKRYJm^mq(tl?v{VMy*QWE3NsTF!U?00000Q<BF7bKF|800FWB<N^Qy!Z!}IvBYQl0ssI200dcD",
)
# arj a -m3 m3.arj a.txt
ARJ_3 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~nX;7F_@^I)Oj|7;T^%mvk%_U`3LkpsJ&{yp+^;&`9?K{@+=S1`aFRlD@VflqP1iyv&Jha{9?QQ%N5-",
    "Fl?N+5+`Rn(}XbJwco2wSS*X3Kz`OI&{ufVX`^CL#cXOaoQI4n{t5pVBK(fR<nNLMv@nSNx|xyq8of<vOVt<(nY_lpI(QH~2yQsQ8&b!BnSkvn",
    "F}bq#fh`=eKy6z7Hu!>dfw%C^Z8R2dFQI$U^E{!+&|zslR(7k@+&9-|YY%OT>Dh<x*z@QpF>g7TlqaTeNqk}r?&okc8Ew=-hQ=D54}cOsZCR0L",
    "0Z;6+?mGi|wmQgV)$r{fLmwX!7=p1#7_PV(nr;?37Fw`#&8<2zBS=;N000001EQ^I3+Me@00FWB<^li!N&g2PvBYQl0ssI200dcD",
)
# arj a -m4 m4.arj a.txt
ARJ_4 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~s6X*<AoII)Oj|7;T^%mvk%_U`3LkpsJ&{yp-ZNEJ*hQ{CRbRond!Zy$fk8Ithy-vZhw)QAfHxYxCIR",
    "07ps70%3U@a8QE{M~bYgkS4Vl+(D49KbVjZAlTn#J=2BDSB0sxdl<q%<I7amb-R(`K#tNsx8Vq{w2sYp)O3<zOQhX#OURyiq*(pZ8$w!iE4ar%",
    "Wd;4wqWB>3bfnbztROG9qJnamIVW;|lbH5H`2hxMjb+|=L6;v?r#N<*-Uc!tslBb-dj{1CMjHIaYq42i8F$K`)+GP{00000A~SxXv-2cK00H#@",
    ">H`1(!fNgSvBYQl0ssI200dcD",
)
# arj a -gsesame garbled.arj a.txt
ARJ_GARBLED = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~ng>O<e#mI)UH;7;T^%m|{Es1_Y188KPPYB{Mf=6;iM(e*&$tqy{qWON3nVP>cwPRMIV76xYRWJLNxJ",
    "srTR{h}q4mbA9`SCELlgG$t0wMU9ke+z7V$aeB`J1LtOqYu3!7L@t~VYGj%pB6p@;ATwT@LogEdC5O2YM%xNIpLg<zdaT8edVL72Rh7mHRJdsv",
    "#J2WeO&=>Bp__-75(z<C!4KwZjd==TEL+=5bq&G`#^cqhwoj2}iMyv1qq6;1O*`o%tvSOlPZ<pLck}&+->ww`#cf0<;u0Lz>PG&PwU$H-{`pR(",
    "{^|-BEdrJt3aI}dOvr@fOs;13;W^l?W%GqAa3)a3!<ex@@O}uR`DPd>Jxs?xUvt2!$0pW!fQy(!c3&braGajZ*?gKcKJ_(>XsC~F8{oZdgz)bu",
    ")e)gEy!Z@Ymn;AP00000YlT%0j6=p800HR&=>h-%D;F&wvBYQl0ssI200dcD",
)
# genisoimage -udf -o hybrid.iso in: ISO 9660 and UDF, with a.txt and dossier/b.txt
DISC = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5?N9#)3|#;KZ~g!OqqqM@K1daEIbl(_k|^e*h6nlX<Q{_4FU2}M0ZXxd$%=|iFQX0Ff2QM%BN0>JSs2B2",
    "isE<oMDN`Wjz^y=<qdT~yF;x#EEu!}J<DM*7{)-aiZyz7?A_DN|I<L54U#&MOi3Xg_Le*k_go_-J+u`;z^wlDd|MaiH;EfxO~?RWMIy8Bw5HT)",
    "7a;aLyMU5}MNPoqu*r44=!n4VqMmE*k|eBHV6M=~7beC<)W*`?XJG0lLj>z<>}*yhu5w35Ra!sSP73Y)sO;z733v-@=|vx{FQ;k>$M<|xk#u=-",
    "uPp2F>|t60;*HiVGhMJhf5P8BPn5)Sam)&L(!5;r(82yAXVQEP`^cPc(?Pjl@nmTB$?93I$(8`BS06+X#53!W6u{ToO~R$D_uR`)aIhyDzU(F3",
    "M{WXyd*PO<ipfn6W)Q7#T{#kwA^cmxFzG=V=*#EE8(iGdXWOh2sQZB@g&~)<B_=`J2rI1(vT6>7bNxB?alL)#QQ0-9Dh$8_HI|63OuBHH1$}rf",
    "3y4`2nD+8wXTPIYQwS>-p7L($RN-_5T^v379I`saa2J+Wu0+QINjN*i^y8)%;Kkq}52k3e?dk6K76rKA`;;PXQ4dsBp>N@t^?2B4&4qIJ7HX=X",
    "!+|`N#W8a$#vX?^eeB0dkfH9{1!U><2{N--+w`J2Wv-TkJI6H$wbF76F3#Py!tzi*{{|o{o5a3R065QXinxfAoxxrYY~#DYnTCl;h|`$EcBBiF",
    "OdL96##(f9Cz&Jr+sC^;<uE>n$e1Se#Ew;D<gbmQ;*v(0uMlF+G6@7G)+!1Euf7K+ik6t<R=)~fTp9iI7FS&glb+OU*jJ>+%E5O`l=NSig~48P",
    "(Dr0DN&j|D-<70bexjC|_E!fpPVM+{cv<)h&Ht4sMh~g{eBS$-FfLZWkA?Gtfxu<NB~$qIkv1^}l--A}0Ez&Wi@3t<XT|TlF3vVI+SG~+W|yJC",
    "azKl55;VrT$`-@0-a+#D4c5K?HqcHrwSE*=v6h6qsRO0K_}&a4zqFD4`eo^toBLUwZM-xEZ5`s`5-y;_`V?UK#sUMlS)bzUo=gP={K>|+wrv~p",
    "(~Da*gKcT8`Plw<o!ss+pu)aY{DL6nNy4ZwStRBY2O-Q_G1HN7lbDJkDb8*g9n#MHeb$!uNgWeMvJC;P*}(0dbxtE&Nlq00k#Bh@`u;*zZq_N-",
    "bgZJ~7v!9ggRTKblXzZ9v%~=J@r3qEW}uEUa?@Am+`Jj#Jp(8aDsEmZgdXjI*sg>1iR8nQ1-c|0jd{?dT)fYY+&E$K0?OD3!sCW|32{j}Uujf3",
    "G1_Mgmyxs2mb&4=FK$p{70UeCcor^~O-3$L^3Mn_3IOak;77Yt^vh|wvG@jyl@A`&-2cAUHzI@B#Z!JN36#%r5hQlstP|(sHO8Y>|4k94k-tyt",
    "azCr-o#)N-k%ubsTZTrn=$re2mJoc8hnYsXE`jU<jKD7u=%QYYk%NERM6O4PfLut*N=4v2p;SRD^mu!gVWYb^Rq&3*mrC#74Au#CFX4RL&YGO(",
    "+r^|VQTN$yvk&&cEZXsZ%h1blqVgnA-)s-9L)x%gc`C#hc$6~-Y|whYyM;#gl$kVpLuj6%b?z5dQ<`uO0NBptt0y2WiV~VXh}<jXc%HdBceS1h",
    "fSmXjMyivVD6XRj^2=X(ciGp#%VJ+rk}Yk19IltK_`&?zrqU)DNvol^7jElPVPh{$gd%qhzbw_#)Jzh3!9P>+5cyiN=uIYIAUAHZGhj_}vMtZ#",
    ">YdFFBh`imRloZV_7f~R6#x09<BuE-BfsjeWVAupqIW#@JA9Sb0%6BiWfz~_kc_8XBaK(Ks9;)?1`JyUe$qDkT_8i(1y;et+G_M?M_g%~yGXV8",
    "49wbYc5o&F08xc;p8DHB*1n;ge;UZ6x}QaGFt6dKRcsQD*S?~@e?l__0vP79fF?}-tcNWs2;E{XVt$#NC@MOU&5_#<?U|P#?+i^0*uP>6dfv>(",
    "OcZCG|JG{)2Xq;1i3Gu+Q#CzJA!i^S>LdKrz;?J#B&bn)gO0(1>%I}YMC1C}f7w!vtS}BP7Sx2V{QBKU-ck!-=g7%G;R+o=P0#dcU}dwSenljB",
    "menU89qpTs9+;7tPytx^8|sF%Yp!hcLaeiw$XFekWn2QV!e<#%_pe028XH9NUj2=5^cAooh@^#N`Nq_CQ}zM87q08}r3zMx5lf3|b44kPX#2q2",
    "`L(kF29}fhtTE(JT}OAaY5=K=6*L(duZ>SS<0WYeZ@yQPtnCQpgXC*o3%z@A#ZBx$$Mb}7AM1$00meX9%tOUN>RnQgKF|OF8|qsY9eoN900F2D",
    "fS@%1($G2|vBYQl0ssI200dcD",
)
# qemu-img convert -O vhdx -o block_size=1M fat.img fat.vhdx: a FAT volume of 2 MB with a.txt
VHDX = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5|Ni&_YFz+38VIrI&8I_LmG{z=34qeGcsXb5bMMRXR1OQDkIdZ9XPedWSjo40n2ZD&TSI67vM(sH81sW=",
    "x6#6yAB;yChYQ1#AU+DS%fwiTZP+`jiZ=f^!-1s%Is4NPd0M)pwb&Mv9JT>5#E`_NVf-A-U-esJ;_aI|9ixHf-d=j?!F7#st(FO#H~4$X&tH4&",
    "q61ffgTK(B?LVB^pY9738&fmTN2oSDd@a`^+Br*zI&%5=h5R=3LR&L*MS7xQatDcoM{PS9h{6;44}~2*WR&SD%=2}$z(=s?K(1(D&aa#OUI;Am",
    "yU$_AE9X2ekY4M2?=X9ymq!BLHcJ^bt!i*v-v{2F*`zJ!BSQ{sh>E{oUZ!6@gDE$UXLMGBoCO7eATB{|pWdZH%ZNW*0FTg4uO=vzaUVU8B;jzL",
    "rz2nND9eS>m6(ctDv|Ohb@v&-2AEBl{n)S7kPpNqQ~33fHZcXIu<mcca7{-H(UB3VtzaFx&ao#LTv>+cW>Q$b>2|DHy&E0%(`c<SULh5G;95Nh",
    "U=moE=)E2%EwTJbl(7u~P$Imyq_+(nRB(y=M}f-f4NrGzFYlGD>98uSnfYYY;<vA^o3aVe=BTvBd$}5`CG@O>8Rt;3X&rC-ONbC`Ld%FhTmX;I",
    "POl~?lyM(Dk0jx6o~I*U>?q5H(Uq8rekzgjCw2E3zy_F2nElwV)sPRwB~$qIkv1^}rLgXA!EjAS4AGGhs;yuhy3VmD7+hI~>1I+`zUg+XS>)wg",
    "1qk`a+O7QiQY&=L9$O$n`Q1}J_$g!wJAlh7Y_vJkjGzA}0n-2?i3U~>oGSuZ5~#sr8MA3U;)tX4qA;N5%Un$x)K_zDrs2r`c_Fo^Gmm0~eOggs",
    "l5|O2#BH*Y=b*^W2L$e)-lamzh(BBakI+u9CMc9~A3cvG;c%X(BVX(&%Z1UEn2LTXk@6>X_Zh$jm`#}d*ss-)55y%?`1O%CF$JZt?r*_xO-BsT",
    "krAq`U>&;7u_qW@S%&FmQdqv}cB%3p5BV6W!v9hAZii2TOIeGdV&o9q>)|DgCrMpn0B<lW$a|!fE?fI+Bpc`29{CZ=7jK2aSx?$1S&!e=W?usq",
    "g3)Ftd-M1+Ft$b?nefQ@Z0Dx+pndq?xe2_zB3AqWz(gUNNt*vA62?1b<0Ut3<;-bpwb9;##ZA#L9o2RzH#nBtCmT|hf>T2)kuOK>{oBZ%*$oQP",
    "*%mi4!QH3H;h`U-%$H+na|9%u+hpJrz%n<Or4<3C=%WcL?5h7-CaiJ{7LupFIgcdaaGs|lU+gH$h0&Fmihe4Q@+Woo8NddZO_=@Iuhozb#3fVs",
    "^^rC)1*Nd=Z^3X)M-0)C5vr|V9lFl3Cm38=hUsQfSib3YtXbscTLlRD$J(v@`%)`(%^q7ILiycOJ@^&UEg7Hx5CJRz>~mA6{l2bzF&<Ky@A-Q(",
    "D9eS>m6(ctDv|Ohb@v&-2AEBl{n)S7kPpNqQ~33fHZcXIu<mcca7{-H(UB3VtzaFx&ao#LTv>+cW>Q$b>2|DH<mFoh2>Hj_t^E5^D|F2sTOdOD",
    "-BUgIDP##dfXgau-?cmN#Jw(Gst-O(W<rn?4*w97_;Gky_zTVdl_*9Jsr-E2`<gH=R=|&i^MirFWyB>@`1O%CF$JZt?r*_xO-BsTkrAq`U>&;7",
    "u_qW@S%&FmQdqv}cC1<C<y!>^`N!I={QFWXbj==HAVT@wQ$6@8WC=Tf%PMT&wL9>{y)Iv>4?as~LXZ;<{}7Y-ad=ty3(fzPC`J#d{CwW~nlLU_",
    "z>kIVgMq+h#3fVs^^rC)0x(m~pZ^d6D*)_sQ>XpDu6!{XpSO)MZg8HbBVX(&%Z1UEn2LTXk@6>X_Zh$jm`#}d*ss-)55y%?`1O%CF$JZt?r*_x",
    "O-BsTkrAq`U>&;7u_qW@S%&FmQdqv}cC1<C<y!>^`N!I={QFWXbj==HAVT@wQ$6@8WC=Tf%PMT&wL9>{y)Iv>4?as~LXZ;<{}7Y-ad=ty3(fzP",
    "C`J#d{CwW~nlLU_z>kIVgMq+h#3fVs^^rC)1*Nd=Z^3X)M-0)C5vr|V9lFl3Cm38=hUsQfSib3YtXbscTLlRD$J(v@`%)`(%^q7ILiycOJ@_eP",
    "2|IwxDs11iJMhH4E?=q-K1*gokP{C75R>?Ecv<)h&Ht4sMh~g{eBS$-FfLZWkA?Gtfxu<NB~cGQvXBG30xAG|X@O};pEOwHW$(d;vLF5?fIT(C",
    "mQ)>571-qT0#@pd{|e&nZ02d}?foeIiJeNi$Y0c=1(|&ny~bbndpiHAC}#hev2=AA5Q7!N3M*hxfSo*Z$q&Bz<3j%5IEQm&tSn(#HzFaYM)I$e",
    "(c2Z?fjSan)%fu};%|f!-~^*<HZFN`J+d7`M*Tws^xg~TuaQIuCXja{7dFH5wT6=Ew%ekk4-%8$-<E8Nw<o4^^=j+71kuk0_;)s|@29_T?fh{a",
    "?YDMp=YlSk;HGNO1ME{26kA3kgH~kM{sw5455t?HKW3Gq7&^?g@f<aTg0^sjZn3<lA0igq^t>2*)xN}fek-)O-UvV%1b0GtTo|(}M#NJcPG>KJ",
    "7f9XWtCV=m+2UTpEVtbJ5{6<ry)~z*fu;M){y?_YU4PdLddZw4;y%bxo4p~D)^wPw_B3z?rl@qSsEL>b&H8R~CQIxT=n$}_^MLQBMPW_WGqpBy",
    "QzC(gaIAuo?Y_HT4ngnTq-(dIe=JD~l&|i1!kX~t$<u6m-ngoELN=qXyvFvTqImd~SX`I99Dt?9K9neCb<VNpCL^f$28-GCf7T5fKYe$rgA^fd",
    "(banMJ`_`8cC1<C<y!>^`N!I={QFWXbj==HAVT@wQ$6@8WC=Tf%PMT&wL9>{y)Iv>4?as~LXZ;<{}7Y-ad=ty3(fzPC`J#d{CwW~nlLU_z>kIV",
    "19OR@00000<Hm(L3kjy700Ht5fPlaR5o~k@vBYQl0ssI200dcD",
)
# qemu-img convert -O vpc fat.img fat.vhd: the same, as a VHD that grows
VHD = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5|NqtlUR?k&o5~n)w4@C({@O*5FmAidZM-1cqmICOO(q0TDmMa-ero~N4ig%(lTRr|T0L;psnafirvk$W",
    "k&yQ9{=<Zcbi$9~D^ZhL5NR6fc2*-RY{kbCu^q#;<cDZ#o87D&{cUsXzc!)U__Czvx6JkIIY_4{<ey_gvx%PP;hT_%q9zp$KW`iNg<&6sO)3_f",
    "*yAb}n8^oHM~ETl-J?a1`yWx;6<0<*0xMX&1<Y5)OQACNB1x>TN#+6tT*YBKl2HKoLnV(xV|96*{Jz51#Bsjd3(nY5I#D+=8d}?d^ylKR16@`u",
    "ZuW=bQ>lyXVHUU5mxBT}!t3Er2(U<XE#z!)l52RKa-W+;8vl()CjRexG%d#~n&S$i-hj9B;b<c~8-QPTlgD{uLQz69j@xxu6%$B@W4~d5YcVI{",
    "r;5SA0_CH9gqZ4s+J6Mo-aE@m2>{t^<=|~u*E6854=TBZ-r@slq(bi~q6bt2Y|c;byP~Zo5Z2mGwR%IrzZ*_Euq7LRLo~}MF}e@i%_|d5xHzK<",
    "t9l7A%dx@}PKt>=2^6j8EfG%RaLP7TFVH>%0QWMo97kd-Zc;+m2}ZC4j+-@V2~sH>mxKUP)N+S2&P3+_=kZ&n4b|*#BXh04u_+<dy`kDTa(VE7",
    "=Tb-c8b}1}*=_yZkVK&d;umAVL;Vyl_+k8YDR(5r6bDxtEORNCVbt&6j?A4IH!|5hU<0(nkiGZtOivrsL+EtKixGr|2IH?N0h?Sp_J)g00V&7!",
    "Xx5uQ?ar|$7+hI~>1I+`zUg+XS>)wg1qk`a+O7QiQY&=L9$O$n`Q1}J_$g!wJAlh7Y~Qsz@Wj0?U#bs2OJ+il6Au3nllXCXS@;Xh|CK0452^fo",
    "-us#`E>^&gh4X`fz-7cGQ~33fHZcXIu<mcca7{-H(UB3VtzaFx&ao#LTv>+cW>Q$b>2|DH<mFoh2>Hj_t^E5^D|F2sTOdOD-BUgIDP##dfXgau",
    "-?cmN#Jw(Gst-O(W<rn?4*w97_;Gky_zTVdl_*9Jsr-E2`<gH=R=|&i^MirFWyB>@`1O%CF$JZt?r*_xO-BsTkrAq`U>&;7u_qW@S%&FmQdqv}",
    "cC1<C<y!>^`7l<i_<#&301W`m7mtk^EAK@E^`8m=00000P~7%P>5d6%00E5$fS7;*W%!1HvBYQl0ssI200dcD",
)
